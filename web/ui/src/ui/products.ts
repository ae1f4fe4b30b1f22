/** Products by the name that alerts carry, as people call them today. */
export const products: Record<string, string> = {
  'Microsoft Defender XDR': 'Defender XDR',
  'Microsoft Defender Advanced Threat Protection': 'Defender for Endpoint',
  'Office 365 Advanced Threat Protection': 'Defender for Office 365',
  'Azure Advanced Threat Protection': 'Defender for Identity',
  'Microsoft Cloud App Security': 'Defender for Cloud Apps',
  'Azure Active Directory Identity Protection': 'Entra ID Protection',
  'Azure Security Center': 'Defender for Cloud',
  'Microsoft Data Loss Prevention': 'Purview DLP',
  'Microsoft Insider Risk Management': 'Insider Risk Management',
  'Microsoft App Governance': 'App governance',
  'Azure Sentinel': 'Analytics rules',
};

/** The name of a product on the pages. */
export const productName = (name: string) => products[name] ?? name.replace(/^Microsoft /, '');
