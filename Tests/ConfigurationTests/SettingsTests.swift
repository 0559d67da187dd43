import Testing
import TuttiConfiguration

private func coordinator(
    _ toml: String?, environment: [String: String] = [:], flags: [String: String] = [:]
) throws(ConfigurationError) -> CoordinatorSettings {
    try CoordinatorSettings(toml: toml, file: "config.toml", environment: environment, flags: flags)
}

private func client(_ toml: String?, environment: [String: String] = [:], flags: [String: String] = [:]) throws(ConfigurationError) -> ClientSettings {
    try ClientSettings(toml: toml, file: "client.toml", environment: environment, flags: flags)
}

private func problem(_ work: () throws -> Any) -> ConfigurationError? {
    do {
        _ = try work()
        return nil
    } catch { return error as? ConfigurationError }
}

@Suite struct SettingsTests {
    @Test func aFlagGoesBeforeTheEnvironmentThatBeforeTheFileThatBeforeTheDefault() throws {
        let toml = "[server]\nlisten = \"10.0.0.1:1\"\n\n[compute]\nthreads = 3\n"
        let environment = ["TUTTI_SERVER__LISTEN": "10.0.0.2:2", "TUTTI_COMPUTE__THREADS": "4"]
        let all = try coordinator(toml, environment: environment, flags: ["server.listen": "10.0.0.3:3"])
        #expect(all.listen.host == "10.0.0.3" && all.listen.port == 3)
        #expect(all.threads == 4)
        #expect(all.logLevel == "notice")
        #expect(try coordinator(toml).listen.host == "10.0.0.1")
        let places = ["server.listen", "compute.threads", "log.level"].map { all.settings.entry($0) }
        #expect(places.map(\.source) == [.flag, .environment, .default])
        #expect(places[1].place == "TUTTI_COMPUTE__THREADS")
        #expect(try coordinator(toml).settings.entry("compute.threads").place == "config.toml line 5")
    }

    @Test func anUnknownKeyIsAnErrorThatSuggestsTheRightOne() throws {
        let typo = problem { try coordinator("# settings\n[server]\nlisen = \"127.0.0.1:1\"\n") }
        #expect(typo == .unknownKey("server.lisen", place: "config.toml line 3", suggestion: "server.listen"))
        let elsewhere = problem { try coordinator("[net]\nlisten = \"127.0.0.1:1\"\n") }
        #expect(elsewhere == .unknownKey("net.listen", place: "config.toml line 2", suggestion: "server.listen"))
        #expect(problem { try coordinator("colour = \"red\"") } == .unknownKey("colour", place: "config.toml line 1", suggestion: nil))
        #expect(
            problem { try coordinator(nil, environment: ["TUTTI_SERVER__LISTN": "x"]) }
                == .unknownKey("TUTTI_SERVER__LISTN", place: "the environment", suggestion: "TUTTI_SERVER__LISTEN"))
    }

    @Test func ourTwoProgramsShareAnEnvironment() throws {
        _ = try coordinator(nil, environment: ["TUTTI_POLICY__MIN_COHORT": "5", "TUTTI_BIN": "/x", "PATH": "/bin"])
        #expect(try client(nil, environment: ["TUTTI_POLICY__MIN_COHORT": "5", "TUTTI_SERVER__LISTEN": "x"]).smallestCohort == 5)
    }

    @Test(arguments: [
        ("[server]\nlisten = 8443", "server.listen", "config.toml line 2", "an integer", "a string"),
        ("[compute]\n\nthreads = \"two\"", "compute.threads", "config.toml line 3", "a string", "a whole number"),
        ("[compute]\nthreads = 2.5", "compute.threads", "config.toml line 2", "a number with a fraction", "a whole number"),
        ("[tls]\nstrict_post_quantum = \"true\"", "tls.strict_post_quantum", "config.toml line 2", "a string", "true or false"),
        ("[server]\nnames = \"a\"", "server.names", "config.toml line 2", "a string", "a list of strings"),
        ("[server]\nnames = [\"a\", 1]", "server.names", "config.toml line 2", "a list with something else than strings in it", "a list of strings"),
        ("[server.listen]\nhost = \"a\"", "server.listen", "config.toml line 1", "a table", "a string"),
    ])
    func aWrongTypeNamesKeyLineAndWhatIsExpected(_ toml: String, _ key: String, _ place: String, _ found: String, _ expected: String) throws {
        #expect(problem { try coordinator(toml) } == .kind(key, place: place, found: found, expected: expected))
    }

    /// Some of them end the process inside the parser, and behind a zero byte it reads nothing.
    @Test(arguments: [
        "[ =", "[\n", "[[[a]]]", "[[ \t= ]]", "[é]", "\u{FEFF}[ = ]", "a = 1\n  [\r\n", "[server]\u{0}\nlisten = 5", "x = \"\u{0}\"", "x = 1979-05-27Tinf",
        "x = [1979-05-27 \"", "x = 07:3", "x = [}", "x = [\n}", "x = {a = 1}", "x = \"\"\"\n# \"\"\"\n1979-05-27Tx",
        "x = [1979-05-27 3.", "x = [1y79-05-27 3.", "x = [1_979-05-27 3.", "x = 1y79-05-27Tinf", "x = [1y'9-05-27 3.", "x = [1\u{1E}'9-05-27 3",
        "x = \u{A0}1979-05-27 3", "x = [\u{2003}1979-05-27 3",
        "x = [1\r9-05-27 3", "x = \"\u{7F}\"", "x = [\n1=y9-05-27 3.", "2-x = 3",
        "x = +1979-05-27 3", "x = 1e-5", "x = 1979-05-27", "x = 07:32:00",
        "x = 1979-05-27T07:32:00Z",
    ])
    func whatTheParserCannotReadIsRefused(_ toml: String) {
        guard case .syntax? = problem({ try coordinator(toml + "\n") }) else { Issue.record("'\(toml)' is no syntax error"); return }
    }

    @Test func datesMayStandInCommentsAndStrings() throws {
        let toml = "# 2026-01-02 changed\n[server]\nlisten = \"10.0.0.1:1\" # 2026-01-02 at 07:32\nnames = ['a', \"2026-01-02 \\\" # x\", '']\n"
        #expect(try coordinator(toml).names.count == 3)
    }

    @Test func numbersAndNamesMayBeginWithDigits() throws {
        #expect(try coordinator("[compute]\nthreads=3 # a-b 1-2:3\n").threads == 3)
        #expect(problem { try coordinator("[compute]\n\"2-x\" = 3\n") }.map { "\($0)".contains("2-x") } == true)
        #expect(problem { try coordinator("[compute]\nthreads = -3\n") } != nil)
    }

    @Test func namesOfTablesMayBeQuoted() throws {
        #expect(try coordinator("[ \"compute\" ]\nthreads = 3\n").threads == 3)
        #expect(try coordinator("\t['compute']\nthreads = 3\n").threads == 3)
    }

    @Test func whatAnErrorRepeatsIsShort() throws {
        let long = String(repeating: "k", count: 100_000)
        let error = try #require(problem { try coordinator("[server]\n\(long) = 1\n") })
        #expect("\(error)".utf8.count < 1000)
        let value = try #require(problem { try coordinator("[server]\nlisten = \"\(long)\"\n") })
        #expect("\(value)".utf8.count < 1000)
    }

    @Test func aSyntaxErrorNamesItsLine() throws {
        guard case .syntax("config.toml", let line, _)? = problem({ try coordinator("[server]\nlisten = \"a:1\"\nnames = [") }) else {
            Issue.record("no syntax error")
            return
        }
        #expect(line >= 3)
    }

    @Test(arguments: [
        (["compute.threads": "many"], "compute.threads", "must be a whole number"),
        (["compute.threads": "0"], "compute.threads", "must be 1 to 1024"),
        (["tls.strict_post_quantum": "yes"], "tls.strict_post_quantum", "must be true or false"),
        (["log.level": "loud"], "log.level", "must be one of trace, debug, info, notice, warning, error, critical"),
        (["server.listen": "8443"], "server.listen", "must be HOST:PORT"),
        (["server.listen": "host:99999"], "server.listen", "must be HOST:PORT"),
        (["server.listen": "::1:8443"], "server.listen", "must be HOST:PORT"),
        (["server.public_url": "http://x"], "server.public_url", "must begin with https://"),
        (["server.local_listen": "0.0.0.0:8080"], "server.local_listen", "must be a loopback address: it speaks plain HTTP"),
        (["egress.ports": "443,https"], "egress.ports", "must be port numbers from 1 to 65535"),
        (["egress.ports": "70000"], "egress.ports", "must be port numbers from 1 to 65535"),
    ])
    func aValueThatCannotBeNamesWhereItComesFrom(_ flags: [String: String], _ key: String, _ issue: String) throws {
        #expect(problem { try coordinator(nil, flags: flags) } == .value(key, value: flags[key] ?? "", place: "the command line", problem: issue))
    }

    @Test func aTokenIsSaidWholeOrNotAtAll() throws {
        let whole = ["trust.pkcs11_module": "/lib/token.so", "trust.pkcs11_token": "t", "trust.pkcs11_pin_file": "/run/pin"]
        #expect(try coordinator(nil, flags: whole).masterToken == MasterToken(module: "/lib/token.so", token: "t", pinFile: "/run/pin", key: "tutti"))
        #expect(try coordinator(nil).masterToken == nil)
        for name in whole.keys {
            guard case .missing(name, _, _)? = problem({ try coordinator(nil, flags: whole.filter { $0.key != name }) }) else {
                Issue.record("\(name) may be left out")
                continue
            }
        }
        for (name, value) in [("trust.pkcs11_module", "token.so"), ("trust.pkcs11_token", String(repeating: "x", count: 33))] {
            guard case .value(name, _, _, _)? = problem({ try coordinator(nil, flags: whole.merging([name: value]) { $1 }) }) else {
                Issue.record("\(name) may be \(value)")
                continue
            }
        }
        // As init writes it, whatever stands in a label.
        let token = MasterToken(module: "/lib/token.so", token: "a \"b\" \\ c", pinFile: "/run/pin", key: "k")
        #expect(try coordinator(CoordinatorSettings.template(listen: "127.0.0.1:8443", names: ["localhost"], token: token)).masterToken == token)
    }

    @Test func addressesOfVersionSixHaveBrackets() throws {
        let listen = try coordinator(nil, flags: ["server.listen": "[::1]:8443"]).listen
        #expect(listen.host == "::1" && listen.port == 8443)
    }

    @Test func whoInsistsOnPinnedKeysNamesThem() throws {
        guard case .missing("secure_aggregation.pinned_keys", _, _)? = problem({ try client("[policy]\nrequire_malicious_server = true\n") }) else {
            Issue.record("no keys were asked for")
            return
        }
        let both = try client("[policy]\nrequire_malicious_server = true\n[secure_aggregation]\npinned_keys = \"r.toml\"\n")
        #expect(both.requiresMaliciousServer && both.pinnedKeys == "r.toml")
        #expect(try client(ClientSettings.template).pinnedKeys.isEmpty && !client(nil).requiresMaliciousServer)
    }

    @Test func everyErrorSaysWhatToDo() {
        let errors: [ConfigurationError] = [
            .syntax(file: "f", line: 1, problem: "p"), .unknownKey("k", place: "f", suggestion: nil), .kind("k", place: "f", found: "a", expected: "b"),
            .value("k", value: "v", place: "f", problem: "p"), .missing("k", place: "f", problem: "p"),
        ]
        for error in errors { #expect(!error.remedy.isEmpty && !error.description.isEmpty) }
    }
}

@Suite struct ProfileTests {
    private func template(_ names: [String]) -> String {
        CoordinatorSettings.template(listen: "0.0.0.0:8443", names: names, profile: .prod)
    }

    @Test func theFileThatInitWritesIsSound() throws {
        let local = try coordinator(CoordinatorSettings.template(listen: "127.0.0.1:8443", names: ["localhost"]))
        #expect(local.profile == .local && local.listen.port == 8443 && local.names == ["localhost"])
        #expect(try coordinator(template(["fed.example.org"])).profile == .prod)
        #expect(try coordinator(nil).profile == .local)
    }

    @Test func prodRefusesWhatNobodyConfigured() throws {
        #expect(problem { try coordinator("[server]\nprofile = \"prod\"\nnames = [\"fed.example.org\"]") }.map(\.isMissingListen) == true)
        guard case .missing("server.names", _, _)? = problem({ try coordinator(template(["localhost", "127.0.0.1"])) }) else {
            Issue.record("names were not asked for")
            return
        }
        let plain = problem { try coordinator(template(["fed.example.org"]), flags: ["server.local_listen": "127.0.0.1:8080"]) }
        guard case .value("server.local_listen", _, _, _)? = plain else {
            Issue.record("plain HTTP in profile prod: \(String(describing: plain))")
            return
        }
    }
}

extension ConfigurationError {
    fileprivate var isMissingListen: Bool { if case .missing("server.listen", _, _) = self { true } else { false } }
}

@Suite struct ClientSettingsTests {
    @Test func theFileThatJoinWritesHoldsTheDefaults() throws {
        let written = try client(ClientSettings.template)
        let bare = try client(nil)
        #expect(written.settings.entries.map(\.value) == bare.settings.entries.map(\.value))
        #expect(written.settings.entries.allSatisfy { $0.source == .default })
        // Every line that a reader may uncomment is a setting that is taken.
        let uncommented = ClientSettings.template.split(separator: "\n").map { $0.hasPrefix("# ") && $0.contains(" = ") ? $0.dropFirst(2) : $0 }
        let open = try client(uncommented.joined(separator: "\n"))
        #expect(open.settings.entries.map(\.value) == bare.settings.entries.map(\.value))
        #expect(open.settings.entries.allSatisfy { $0.source == .file })
    }

    @Test func aPolicyIsReadInFull() throws {
        let settings = try client("[policy]\nmin_cohort = 5\nsessions = [\"a\", \"b,c\"]\nmax_model_bytes = 1000\n[data]\nlabel = \"y\"\nscale = \"minmax\"\n")
        #expect(settings.smallestCohort == 5 && settings.sessions == ["a", "b,c"] && settings.maximumModelBytes == 1000)
        #expect(settings.label == "y" && settings.scale == "minmax")
        #expect(try client(nil, environment: ["TUTTI_POLICY__SESSIONS": "a, b"]).sessions == ["a", "b"])
        #expect(problem { try client("[policy]\nmin_cohort = 0") } != nil)
        let stopping = try client("[training]\nvalidation_percent = 10\npatience = 3\n")
        #expect(stopping.validationPercent == 10 && stopping.patience == 3 && settings.validationPercent == 0)
        #expect(problem { try client("[training]\nvalidation_percent = 51") } != nil && problem { try client("[training]\npatience = 0") } != nil)
    }
}

@Suite struct IdentitySettingsTests {
    @Test func familiesWhoseTokensOthersTakeAreNamed() throws {
        let usual = try coordinator("")
        #expect(usual.crossFamily == [] && usual.openRequestsPerAddress == 200 && usual.qubits == 8192 && usual.benchmarkHours == 24)
        let open = try coordinator(
            "[identity]\ncross_family = [\"v2\", \"phi\"]\n[server]\nopen_requests_per_address = 1\n[quantum]\nqubits = 0\nbenchmark_hours = 0\n")
        #expect(open.crossFamily == ["v2", "phi"] && open.openRequestsPerAddress == 1 && open.qubits == 0 && open.benchmarkHours == 0)
        for (toml, key) in [
            ("[identity]\ncross_family = [\"v1\"]\n", "identity.cross_family"), ("[identity]\ncross_family = [\"v2\", \"v3\"]\n", "identity.cross_family"),
            ("[server]\nopen_requests_per_address = 0\n", "server.open_requests_per_address"), ("[quantum]\nqubits = -1\n", "quantum.qubits"),
            ("[quantum]\nbenchmark_hours = 8761\n", "quantum.benchmark_hours"),
        ] {
            guard case .value(key, _, _, _)? = problem({ try coordinator(toml) }) else {
                Issue.record("\(toml) is taken")
                continue
            }
        }
    }
}
