package import APIKit
package import Storage

/// A part of the console: an entry of the navigation and its pages. A service that is there has a section of its own, in a file of its
/// own; one that is not there has none, and nothing is shown of it.
package struct Section: Sendable {
    package var title: String
    /// Where the entry of the navigation leads.
    package var link: Link
    package var pages: [Page]
    package var actions: [Action]
    package var downloads: [Download]

    package init(title: String, link: Link, pages: [Page], actions: [Action] = [], downloads: [Download] = []) {
        (self.title, self.link, self.pages, self.actions, self.downloads) = (title, link, pages, actions, downloads)
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
        let note: Note
        /// - Returns: the page to see then.
        let perform: @Sendable (Visit) async throws(ServiceError) -> Link

        package init(_ path: String, _ operation: String, note: Note, perform: @escaping @Sendable (Visit) async throws(ServiceError) -> Link) {
            (self.path, self.operation, self.note, self.perform) = (path, operation, note, perform)
        }
    }

    /// What the tenant's audit says of an action that was done.
    package struct Note: Sendable {
        let action: AuditRecord.Action
        /// What kind of thing was acted on, and the path's parameter that names it.
        let kind: String
        let parameter: String

        package init(_ action: AuditRecord.Action, of kind: String, parameter: String) {
            (self.action, self.kind, self.parameter) = (action, kind, parameter)
        }
    }

    /// A file to keep. The browser shows nothing of it.
    package struct Download: Sendable {
        let path: String
        let operation: String
        let content: @Sendable (Visit) async throws(ServiceError) -> ConsoleFile

        package init(_ path: String, _ operation: String, content: @escaping @Sendable (Visit) async throws(ServiceError) -> ConsoleFile) {
            (self.path, self.operation, self.content) = (path, operation, content)
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

package struct ConsoleFile: Sendable, Equatable {
    /// Letters, digits and `._-` are kept of it.
    package var name: String
    package var mediaType: String
    package var content: [UInt8]
    package init(name: String, mediaType: String, content: [UInt8]) { (self.name, self.mediaType, self.content) = (name, mediaType, content) }
}
