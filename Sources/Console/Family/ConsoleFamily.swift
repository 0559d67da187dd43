package import APIKit
internal import CryptoSuite
internal import Platform

/// The pages at `/`: sign-in, sections, and the few files that pages need. A family like the others, with an envelope of its own.
package enum ConsoleFamily {
    /// Pages below the first; `/` is the first page itself.
    static let base = "/console"
    /// The request header of a page that asks for itself again.
    static let refresh = "tutti-refresh"

    /// - Parameters:
    ///   - sections: in the order of the navigation; the first has the first page.
    ///   - random: so many unpredictable bytes.
    ///   - hash: SHA-256.
    package static func family(
        sections: [Section], keys: ConsoleKeys, audit: ConsoleAudit, random: @escaping @Sendable (Int) -> [UInt8],
        hash: @escaping @Sendable ([UInt8]) -> [UInt8],
        tell: @escaping @Sendable (ConsoleEvent) -> Void
    ) -> Family {
        let reception = Reception(keys: keys, audit: audit, random: random, hash: hash, tell: tell)
        let entries = sections.map { Frame.Entry(title: $0.title, link: $0.link) }
        var family = Family(
            .v4, bases: [base, "/"],
            endpoints: assets(hash) + door(reception)
                + sections.flatMap { section in
                    section.pages.map { shown($0, section.title, entries, reception) } + section.actions.map { done($0, reception) }
                        + section.downloads.map { given($0, reception) }
                },
            // Its errors are pages, which no program reads.
            errorShape: Shape("ErrorPage", []), envelope: ConsoleReply.envelope,
            negotiate: { request throws(ServiceError) in
                // `//nodes` would be a second name of `/console/nodes`.
                guard !request.path.hasPrefix("//") else { throw .notFound("there is no such page") }
                return []
            })
        family.needsTLS = true
        return family
    }

    /// What is there without a sign-in, and nothing else is.
    private static func door(_ reception: Reception) -> [Endpoint] {
        [
            Endpoint("GET", "/sign-in", "console.sign_in", .open, rate: .page) { request throws(ServiceError) in
                if try await reception.guest(request, isUse: true) != nil { return ConsoleReply.see(.overview) }
                return ConsoleReply.page(200, SignInPage.content().document(nil))
            },
            Endpoint("POST", "/sign-in", "console.sign_in", .open, rate: .admission, bodyLimitBytes: Limits.formBytes) { request throws(ServiceError) in
                try await reception.signIn(request)
            },
            Endpoint("POST", "/sign-out", "console.sign_out", .open, rate: .page, bodyLimitBytes: Limits.formBytes) { request throws(ServiceError) in
                guard let guest = try await reception.guest(request, isUse: true) else { return ConsoleReply.see(.signIn) }
                _ = try await reception.form(of: guest, request)
                return await reception.signOut(guest, request)
            },
        ]
    }

    private static func assets(_ hash: @Sendable ([UInt8]) -> [UInt8]) -> [Endpoint] {
        func asset(_ path: String, _ text: String, _ type: String) -> Endpoint {
            let content = Array(text.utf8)
            let tag = hexadecimal(hash(content).prefix(16))
            return Endpoint("GET", path, "console.asset", .open, rate: .page) { request throws(ServiceError) in
                ConsoleReply.asset(content, type: type, tag: tag, request)
            }
        }
        return [
            asset("/console.css", Stylesheet.text, "text/css; charset=utf-8"), asset("/console.js", Script.text, "text/javascript; charset=utf-8"),
            asset("/icon.svg", Icon.text, "image/svg+xml"),
        ]
    }

    private static func shown(_ page: Section.Page, _ section: String, _ entries: [Frame.Entry], _ reception: Reception) -> Endpoint {
        Endpoint("GET", page.path, page.operation, .open, rate: .page) { request throws(ServiceError) in
            let isRefresh = request.header(refresh) != nil
            guard let guest = try await reception.guest(request, isUse: !isRefresh) else {
                // A script cannot show a page to sign in; it says that there is one.
                if isRefresh { throw .unauthenticated("The sign-in has ended.") }
                return ConsoleReply.see(.signIn)
            }
            let (tenant, csrf) = (guest.signIn.tenant, guest.signIn.csrf)
            let content = try await page.content(Visit(tenant: tenant, keyID: guest.signIn.keyID, csrf: csrf, request: request))
            let document = content.document(Frame(entries: entries, current: section, tenant: tenant, csrf: csrf))
            guard isRefresh else { return ConsoleReply.page(200, document) }
            let tag = hexadecimal(reception.hash(document).prefix(16))
            if ConsoleReply.isHeld(tag, request) { return ConsoleReply.unchanged(tag) }
            return ConsoleReply.page(200, document, headers: [(name: "etag", value: "\"\(tag)\"")])
        }
    }

    private static func done(_ action: Section.Action, _ reception: Reception) -> Endpoint {
        Endpoint("POST", action.path, action.operation, .open, rate: .page, bodyLimitBytes: Limits.formBytes) { request throws(ServiceError) in
            guard let guest = try await reception.guest(request, isUse: true) else { return ConsoleReply.see(.signIn) }
            _ = try await reception.form(of: guest, request)
            let visit = Visit(tenant: guest.signIn.tenant, keyID: guest.signIn.keyID, csrf: guest.signIn.csrf, request: request)
            let next = try await action.perform(visit)
            try await reception.acted(action, request, guest)
            return ConsoleReply.see(next)
        }
    }

    private static func given(_ download: Section.Download, _ reception: Reception) -> Endpoint {
        Endpoint("GET", download.path, download.operation, .open, rate: .page) { request throws(ServiceError) in
            guard let guest = try await reception.guest(request, isUse: true) else {
                if request.header(refresh) != nil { throw .unauthenticated("The sign-in has ended.") }
                return ConsoleReply.see(.signIn)
            }
            let visit = Visit(tenant: guest.signIn.tenant, keyID: guest.signIn.keyID, csrf: guest.signIn.csrf, request: request)
            return ConsoleReply.download(try await download.content(visit))
        }
    }
}
