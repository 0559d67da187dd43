import ModelServing
import Testing

/// Signatures that AWS has published: the examples of the S3 documentation, and two of its test suite.
@Suite struct RequestSignatureTests {
    private static let s3 = StoreCredentials(keyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1")
    private static let suite = StoreCredentials(
        keyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "service")

    private func signature(_ path: String, _ query: [(name: String, value: String)] = [], more: [(name: String, value: String)] = []) -> String {
        let headers = [
            (name: "host", value: "examplebucket.s3.amazonaws.com"), (name: "x-amz-content-sha256", value: RequestSignature.emptyBody),
            (name: "x-amz-date", value: "20130524T000000Z"),
        ]
        let text = RequestSignature.authorization("GET", path: path, query: query, headers: headers + more, stamp: "20130524T000000Z", Self.s3)
        return String(text.suffix(64))
    }

    @Test func theExamplesOfTheDocumentation() {
        #expect(signature("/test.txt", more: [(name: "Range", value: "bytes=0-9")]) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        #expect(signature("/", [(name: "lifecycle", value: "")]) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
        #expect(
            signature("/", [(name: "prefix", value: "J"), (name: "max-keys", value: "2")]) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        )
    }

    @Test func theTestSuite() {
        let headers = [(name: "Host", value: "example.amazonaws.com"), (name: "X-Amz-Date", value: "20150830T123600Z")]
        let plain = RequestSignature.authorization("GET", path: "/", headers: headers, stamp: "20150830T123600Z", Self.suite)
        #expect(
            plain == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,SignedHeaders=host;x-amz-date,"
                + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        let ordered = RequestSignature.authorization(
            "GET", path: "/", query: [(name: "Param2", value: "value2"), (name: "Param1", value: "value1")], headers: headers, stamp: "20150830T123600Z",
            Self.suite)
        #expect(ordered.hasSuffix("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
    }

    @Test func namesAreEncodedAndSecretsNotShown() {
        #expect(RequestSignature.encoded("a b/ü+~.bin") == "a%20b/%C3%BC%2B~.bin" && RequestSignature.encoded("a/b", keeps: "") == "a%2Fb")
        #expect(RequestSignature.stamp(1_369_353_600) == "20130524T000000Z")
        #expect(!"\(Self.s3)".contains("wJalr"))
    }
}
