package directory

type department struct {
	name   string
	titles []string
}

type city struct{ name, state, country, code, net string }

var departments = []department{
	{"Finance", []string{"Accountant", "Financial Analyst", "Controller", "Payroll Specialist"}},
	{"Sales", []string{"Account Executive", "Sales Engineer", "Inside Sales Representative"}},
	{"Engineering", []string{"Software Engineer", "Test Engineer", "Site Reliability Engineer"}},
	{"Human Resources", []string{"Recruiter", "HR Business Partner"}},
	{"Marketing", []string{"Campaign Manager", "Content Designer"}},
	{"Legal", []string{"Counsel", "Contract Manager"}},
	{"IT", []string{"Systems Administrator", "Help Desk Technician", "Network Engineer"}},
	{"Operations", []string{"Logistics Planner", "Plant Supervisor", "Buyer"}},
}

var cities = []city{
	{"Redmond", "WA", "United States", "US", "67.160"}, {"Chicago", "IL", "United States", "US", "73.22"}, {"Dublin", "", "Ireland", "IE", "86.40"},
	{"Vienna", "", "Austria", "AT", "84.112"}, {"Munich", "Bavaria", "Germany", "DE", "91.10"}, {"Sydney", "NSW", "Australia", "AU", "101.160"},
}

var streets = []string{"Harbour Street", "Mill Lane", "Station Road", "Ringstrasse", "Linden Avenue", "Market Square"}

var givenNames = []string{
	"Adele", "Alex", "Amara", "Anna", "Bianca", "Carlos", "Chen", "Clara", "Daniel", "Diego", "Elena", "Emil", "Farah", "Felix", "Grady", "Hana",
	"Henrietta", "Ines", "Isaiah", "Ivan", "Johanna", "Jonas", "Kai", "Katrin", "Lee", "Leila", "Lidia", "Lukas", "Lynne", "Marta", "Megan", "Miriam", "Nestor",
	"Noah", "Olga", "Omar", "Patti", "Pavel", "Pradeep", "Quinn", "Rosa", "Samir", "Sofia", "Tariq", "Theo", "Uma", "Vera", "Viktor", "Wanda", "Yusuf", "Zoe",
}

var surnames = []string{
	"Archer", "Bauer", "Bergmann", "Bowen", "Castillo", "Conrad", "Dvorak", "Edwards", "Fischer", "Fuchs", "Garcia", "Gruber", "Haas", "Holt", "Ibrahim",
	"Jansen", "Johnson", "Kapoor", "Keller", "Kim", "Kovacs", "Lang", "Lindner", "Marin", "Mayer", "Moreau", "Nakamura", "Novak", "Okafor", "Ortiz", "Petrov",
	"Quist", "Reyes", "Rossi", "Sato", "Schuster", "Silva", "Singh", "Steiner", "Takala", "Urban", "Vance", "Wagner", "Wilber", "Young", "Zimmer",
}

// CountryCode returns the two letter code of a country that occurs in the directory, "US" for others.
func CountryCode(country string) string {
	for _, c := range cities {
		if c.country == country {
			return c.code
		}
	}
	return "US"
}
