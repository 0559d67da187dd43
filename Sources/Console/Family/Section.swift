package import APIKit

/// A part of the console: an entry of the navigation and its pages. A service that is there has a section of its own, in a file of its
/// own; one that is not there has none, and nothing is shown of it.
package struct Section: Sendable {
    package var title: String
    /// Where the entry of the navigation leads.
    package var link: Link
    package var pages: [Page]
    package var actions: [Action]

    package init(title: String, link: Link, pages: [Page], actions: [Action] = []) {
        (self.title, self.link, self.pages, self.actions) = (title, link, pages, actions)
    }

    /// What is shown to whoever is signed in.
    package struct Page: Sendable {
        /// Below `/console`; empty: the first page.
        let path: String
        let operation: String
        let content: @Sendable (Visit) async throws(ServiceError) -> PageContent

        package init(_ path: String, _ operation: String, content: @escaping @Sendable (Visit) async throws(ServiceError) -> PageContent) {
            (self.path, self.operation, self.content) = (path, operation, content)
        }
    }

    /// What a form does. It is called once the form's token was compared.
    package struct Action: Sendable {
        let path: String
        let operation: String
        /// - Returns: the page to see then.
        let perform: @Sendable (Visit) async throws(ServiceError) -> Link

        package init(_ path: String, _ operation: String, perform: @escaping @Sendable (Visit) async throws(ServiceError) -> Link) {
            (self.path, self.operation, self.perform) = (path, operation, perform)
        }
    }
}

/// A request of somebody who is signed in.
package struct Visit: Sendable {
    package var tenant: String
    /// The public part of the key, for the log.
    package var keyID: String
    /// For forms.
    package var csrf: String
    package var request: APIRequest
}
