import APIKit
import Testing
import Console

struct PageTests {
    private static let frame = Frame(
        entries: [.init(title: "Sessions", link: .overview), .init(title: "Nodes", link: .nodes)], current: "Sessions", tenant: Samples.hostile[0], csrf: "c5")

    /// Every page there is, with samples and with what an enemy would send.
    private static var pages: [(name: String, text: String)] {
        let contents: [(String, PageContent)] = [
            ("overview", OverviewPage.content(Samples.overview)), ("empty", OverviewPage.content(OverviewModel(sessions: [], page: 1, hasOlder: false))),
            ("session", SessionPage.content(Samples.session(rounds: 12))), ("new session", SessionPage.content(Samples.session(rounds: 0, stage: .waiting))),
            ("ended", SessionPage.content(Samples.session(rounds: 30, stage: .completed))), ("hostile", SessionPage.content(Samples.hostileSession)),
            ("hostile list", OverviewPage.content(OverviewModel(sessions: [Samples.hostileSession.standing], page: 2, hasOlder: true))),
            ("hostile nodes", NodesPage.content(Samples.hostile.map { NodeRow(name: $0, enrolledAt: .min, certificateEndsAt: .max, revokedAt: .max) }, now: 0)),
            ("nodes", NodesPage.content(Samples.nodes, now: Samples.start)), ("no nodes", NodesPage.content([], now: 0)),
            ("stop", StopPage.content(Samples.session(rounds: 12).standing, csrf: "c5")), ("sign in", SignInPage.content()),
            ("refused", SignInPage.content(problem: "No.")),
            ("jobs", JobsPage.content(Samples.jobs)), ("hostile jobs", JobsPage.content(Samples.hostileJobs)),
            ("no jobs", JobsPage.content(JobsModel(jobs: [], counts: [:], only: nil, page: 1, hasOlder: false))),
            ("job", JobPage.content(Samples.runningJob)), ("completed job", JobPage.content(Samples.completedJob)),
            ("failed job", JobPage.content(Samples.failedJob)), ("hostile job", JobPage.content(Samples.hostileJob)),
            ("blocked job", JobPage.content(JobModel(standing: Samples.blocked, priority: "normal"))),
            ("cancel", CancelPage.content(Samples.runningJob.standing, csrf: "c5")), ("cancelled", CancelPage.content(Samples.job(.cancelled), csrf: "c5")),
            ("hostile cancel", CancelPage.content(Samples.hostileJobs.jobs[1], csrf: "c5")),
            ("alerts", AlertsPage.content(Samples.alerts)), ("no alerts", AlertsPage.content(Samples.quiet)),
            ("hostile alerts", AlertsPage.content(Samples.hostileAlerts)),
            ("error", ErrorPage.content(title: "Not found", words: Samples.hostile.joined(), requestID: "req_1")),
        ]
        return contents.map { ($0.0, String(decoding: $0.1.document(frame), as: UTF8.self)) }
    }

    /// What a parser would take for markup: the names of all tags and of all attributes.
    private static func names(_ text: String) -> (tags: Set<String>, attributes: Set<String>) {
        var (tags, attributes): (Set<String>, Set<String>) = ([], [])
        for piece in text.split(separator: "<").dropFirst() {
            let inside = piece.prefix { $0 != ">" }
            tags.insert(String(inside.prefix { $0 != " " }))
            var isValue = false
            var name = ""
            for character in inside.drop(while: { $0 != " " }) {
                if character == "\"" { isValue.toggle() }
                if isValue { continue }
                if character == " " || character == "=" {
                    if !name.isEmpty { attributes.insert(name) }
                    name = ""
                } else if character != "\"" {
                    name.append(character)
                }
            }
            if !name.isEmpty { attributes.insert(name) }
        }
        return (tags, attributes)
    }

    /// A session of text has bits per byte where others have an accuracy.
    @Test func aSessionOfTextShowsBits() {
        var model = Samples.session(rounds: 3)
        model.standing.isText = true
        model.standing.accuracy = nil
        for row in model.rows.indices { (model.rows[row].accuracy, model.rows[row].loss) = (nil, 2 * 0.693_147_180_559_945_3) }
        model.standing.loss = model.rows.last?.loss
        let text = String(decoding: SessionPage.content(model).document(Self.frame), as: UTF8.self)
        #expect(text.contains("Bits per byte") && text.contains("2.000") && !text.contains(">Accuracy<"))
    }

    @Test func hostileTextsStayTexts() {
        for (name, text) in Self.pages {
            let found = Self.names(text)
            #expect(found.tags.isDisjoint(with: ["img", "iframe", "object", "style", "base", "foreignObject", "svg/onload=alert(1)"]), "\(name)")
            #expect(!found.attributes.contains { $0.hasPrefix("on") || $0 == "style" || $0 == "srcdoc" }, "\(name): \(found.attributes)")
            #expect(
                !text.contains("<script>") && text.components(between: "<script", ">").allSatisfy { $0.hasPrefix(" src=\"/console/console.js\"") }, "\(name)")
            for control in ["\u{0}", "\u{7}", "\r", "\u{202E}", "\u{FFFE}"] { #expect(!text.unicodeScalars.contains(control.unicodeScalars.first!), "\(name)") }
        }
        for (name, page) in Self.pages where ["hostile", "hostile jobs", "hostile job", "hostile alerts"].contains(name) {
            for text in Samples.hostile { #expect(page.contains(HTML(text).text), "\(name): \(text) is shown as it is") }
        }
    }

    @Test func nothingComesFromElsewhere() {
        for (name, text) in Self.pages {
            for attribute in ["href", "src", "action"] {
                for link in text.components(between: " \(attribute)=\"", "\"") {
                    #expect((link.hasPrefix("/") && !link.hasPrefix("//")) || link.hasPrefix("#"), "\(name): \(link)")
                }
            }
            #expect(!text.contains("http://") && !text.contains("https://"), "\(name)")
        }
        for asset in [Stylesheet.text, Script.text] {
            #expect(!asset.contains("http") && !asset.contains("url(") && !asset.contains("@import") && !asset.contains("eval"))
            #expect(!asset.contains("innerHTML"))
        }
    }

    @Test func pagesHoldTogether() {
        for (name, text) in Self.pages {
            var open: [Substring] = []
            for piece in text.split(separator: "<").dropFirst() where !piece.hasPrefix("!") {
                let tag = piece.prefix { $0 != ">" && $0 != " " }
                if tag.hasPrefix("/") {
                    #expect(open.popLast() == tag.dropFirst(), "\(name): \(tag)")
                } else if !["meta", "link", "input"].contains(tag) {
                    open.append(tag)
                }
            }
            #expect(open.isEmpty, "\(name)")
            #expect(text.components(between: "<h1", "</h1>").count == 1, "\(name)")
            let ids = text.components(between: " id=\"", "\"")
            #expect(Set(ids).count == ids.count, "\(name): every id is there once")
            for id in text.components(between: "aria-labelledby=\"", "\"").flatMap({ $0.split(separator: " ").map(String.init) }) {
                #expect(ids.contains(id), "\(name): \(id)")
            }
            for table in text.components(between: "<table>", "</table>") { #expect(table.hasPrefix("<caption>") && table.contains("scope=\"col\""), "\(name)") }
            #expect(text.contains("<html lang=\"en\">") && text.contains("href=\"#main\"") && text.contains("<main id=\"main\""), "\(name)")
            // Every form that changes something carries the token.
            for form in text.components(between: "<form method=\"post\"", "</form>") where !form.contains("/sign-in") {
                #expect(form.contains("name=\"csrf\" value=\"c5\""), "\(name)")
            }
        }
    }

    @Test func aSessionShowsItsFigures() {
        let text = String(decoding: SessionPage.content(Samples.session(rounds: 12)).document(Self.frame), as: UTF8.self)
        for words in [
            "<title>12/30 training · fl-session-07676d8 · Tutti</title>", "<dt>Accuracy</dt><dd><strong>0.878</strong></dd>", "of 8.000", "29 / 30",
            "aborted: fewer than 27 updates by the deadline", "groups of 5+5+5+5+5+5", "hospital-17", "away", "data-live", "5 (2)",
            "Round 12 of 30 is done, accuracy 0.878, loss 0.369.",
        ] { #expect(text.contains(words), "\(words)") }
        let ended = String(decoding: SessionPage.content(Samples.session(rounds: 30, stage: .completed)).document(Self.frame), as: UTF8.self)
        #expect(!ended.contains("data-live") && !ended.contains("Stop this session") && !ended.contains("console.js"))
        let waiting = SessionPage.content(Samples.session(rounds: 0, stage: .waiting)).main.text
        #expect(waiting.contains("Waiting for clients: 12 of 15.") && waiting.contains("No round is over yet."))
    }

    /// A window of many rounds says that there are others, and leads to them.
    @Test func manyRoundsComeInPages() {
        var model = Samples.session(rounds: 0)
        model.rows = (301...500).map { Samples.row($0, isHeldOut: $0 > 400) }
        model.hasEarlier = true
        let text = SessionPage.content(model).main.text
        #expect(text.contains("/console/sessions/\(Samples.id)?after=100") && text.contains("Earlier rounds") && !text.contains("Latest rounds"))
        #expect(text.contains("where marked with *") && text.contains("class=\"point hollow\""))
        model.hasLater = true
        #expect(SessionPage.content(model).main.text.contains("Latest rounds") && !SessionPage.content(model).isLive)
    }

    @Test func theServersSightIsToldAsItIs() {
        var protection = Protection()
        func answers() -> [String: Sight.Answer] { Dictionary(uniqueKeysWithValues: Sight.all(protection).map { ($0.what, $0.answer) }) }
        func why(_ what: String) -> String { Sight.all(protection).first { $0.what == what }?.why ?? "" }
        #expect(answers()["One client's update"] == .yes && answers()["A round's result before noise"] == .yes && answers()["A client's rows"] == .no)
        #expect(answers()["Loss and accuracy on a client's rows"] == .yes && why("The model of every round").contains("may give rows away"))
        protection.masking = .honestButCurious(.init(floor: 4, sizes: [5, 0, 5]))
        #expect(answers()["One client's update"] == .partly && why("Sums over groups of clients").contains("2 sums, over 5+5 clients"))
        #expect(why("Sums over groups of clients").contains("at least 4 members"))
        protection.masking = .maliciousServer(.init(floor: 4))
        #expect(answers()["One client's update"] == .no)
        protection.masking = .maliciousServer(.init(floor: 3, weakness: "two of them learn the third's"))
        #expect(answers()["One client's update"] == .partly && why("One client's update").contains("two of them learn"))
        let loss = Protection.Loss(budget: 2, delta: 1e-5, spent: nil, adjacency: "zero_out")
        protection.noise = .coordinator(loss)
        #expect(answers()["A round's result before noise"] == .yes && why("A round's result before noise").contains("is trusted to"))
        #expect(answers()["Loss and accuracy on a client's rows"] == .no)
        protection.noise = .clients(loss)
        #expect(answers()["A round's result before noise"] == .no && why("Sums over groups of clients").contains("noise in it"))
    }
}
