import Testing
import TuttiConfiguration

@Suite struct UpstreamSettingsTests {
    private func read(_ toml: String) throws(ConfigurationError) -> [UpstreamSettings] {
        try CoordinatorSettings(toml: toml, file: "config.toml", environment: [:], flags: [:]).upstreams
    }

    private static let text = """
        [models.upstreams.lab]
        kind = "openai"
        url = "https://10.1.2.3:8000/"
        allow = ["10.1.2.0/24"]
        api_key_file = "/run/credentials/lab"
        [models.upstreams.lab.models."gpt-3.5-turbo"]
        name = "meta/llama"
        context_tokens = 8192
        """

    @Test func aServerIsReadWithItsModels() throws {
        let lab = try #require(try read(Self.text).first)
        #expect(lab.name == "lab" && lab.kind == .openai && lab.url == "https://10.1.2.3:8000" && lab.allow == ["10.1.2.0/24"])
        #expect(lab.timeoutSeconds == 60 && lab.maximumConcurrent == 8 && lab.maximumReplyMegabytes == 4 && lab.place == "config.toml line 1")
        let model = try #require(lab.models.first)
        #expect(model.id == "gpt-3.5-turbo" && model.name == "meta/llama" && model.place == "config.toml line 6")
        #expect(model.task == .text(completes: true, chats: true, context: 8192))
        let shown = try CoordinatorSettings(toml: Self.text, file: "config.toml", environment: [:], flags: [:]).settings.entries
        #expect(shown.contains { $0.key == "models.upstreams.lab.url" && $0.place == "config.toml line 3" })
        #expect(try read("").isEmpty)
    }

    @Test func aDetectorIsDescribedWhole() throws {
        let toml = """
            [models.upstreams.farm]
            kind = "oip"
            url = "http://127.0.0.1:8080"
            [models.upstreams.farm.models.yolo-v8]
            task = "detect"
            input = "images"
            layout = "nchw"
            width = 640
            height = 480
            scale = "0.00392156862745098"
            boxes = "boxes"
            scores = "scores"
            classes = "classes"
            box_form = "x1y1x2y2"
            box_unit = "pixels"
            threshold = "0.25"
            """
        guard case .detect(let picture, let detector) = try #require(try read(toml).first?.models.first).task else {
            Issue.record("no detector")
            return
        }
        #expect(picture.width == 640 && picture.height == 480 && picture.datatype == "FP32" && detector.threshold == 0.25 && !detector.isRelative)
        #expect(throws: ConfigurationError.self) { _ = try read(toml.replacing("box_form = \"x1y1x2y2\"\n", with: "")) }
        #expect(throws: ConfigurationError.self) { _ = try read(toml.replacing("width = 640", with: "width = 0")) }
    }

    @Test(arguments: [
        ("kind = \"openai\"", "kind = \"grpc\""), ("kind = \"openai\"\n", ""), ("https://10.1.2.3:8000/", "ftp://a"),
        ("https://10.1.2.3:8000/", "https://a/v1"), ("https://10.1.2.3:8000/", "http://10.1.2.3:8000"), ("api_key_file", "api_key"),
        ("context_tokens = 8192", "context_tokens = \"8192\""), ("context_tokens", "contexttokens"), ("\"gpt-3.5-turbo\"", "fed-digits-01234567"),
        ("\"gpt-3.5-turbo\"", "ngram-byte-5"), ("\"gpt-3.5-turbo\"", "\"a+b\""), ("allow = [", "timeout_seconds = 0\nallow = ["),
    ]) func whatIsWrongIsSaidWithItsPlace(_ good: String, _ bad: String) throws {
        do {
            _ = try read(Self.text.replacing(good, with: bad))
            Issue.record("\(bad) was taken")
        } catch { #expect(error.description.contains("config.toml line"), "\(error)") }
    }

    @Test func anIdIsOfOneModelAlone() throws {
        let other = Self.text.replacing("upstreams.lab", with: "upstreams.barn")
        do {
            _ = try read(Self.text + "\n" + other)
            Issue.record("two models of one id were taken")
        } catch { #expect(error.description.contains("id of another model") && error.description.contains("line")) }
        #expect(throws: ConfigurationError.self) { _ = try read("[models.upstreams.lab]\nkind = \"openai\"\nurl = \"https://a.example\"\n") }
    }
}
