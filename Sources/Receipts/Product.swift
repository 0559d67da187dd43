/// What this is.
package enum Product {
    package static let name = "tutti"
    package static let version = "0.1.0"
}
