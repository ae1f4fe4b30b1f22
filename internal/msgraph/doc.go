// Package msgraph is a thin client of Microsoft Graph for one app in one tenant.
//
// It knows how to sign in, pace itself, page, read errors and limit what it reads; it knows the few calls the product
// makes and returns the tenant's JSON untouched beside the fields that are needed. It repeats nothing by itself: the
// streams that own a call decide whether it may be sent again. Errors are fault errors that say what to do.
package msgraph
