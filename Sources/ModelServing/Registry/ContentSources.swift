package import Compute
package import Federation
package import Platform
package import Storage
internal import StrictJSON

/// Content by where it lies: uploaded, below a folder that the operator named, or on a server.
package struct ContentSources: Sendable {
    package enum Fetched: Sendable, Equatable {
        case bytes([UInt8])
        /// It will not be otherwise at another time.
        case refused(String)
        case later(String)
    }

    private let store: any ArtifactStore
    private let roots: [String]
    private let client: GuardedClient?
    private let pool: ComputePool
    private let objects: ObjectStores
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - roots: folders from which files may be read.
    ///   - client: nil: nothing is fetched from elsewhere.
    ///   - objects: object stores that `s3://` may lead to.
    package init(
        store: any ArtifactStore, roots: [String], client: GuardedClient?, pool: ComputePool, objects: ObjectStores = .none,
        now: @escaping @Sendable () -> Instant
    ) { (self.store, self.roots, self.client, self.pool, self.objects, self.now) = (store, roots, client, pool, objects, now) }

    /// Why nothing here can fetch from there, whenever it is tried; nil: it can be tried.
    package func missing(for source: String, tenant: String) -> String? {
        guard case .objectStore(let bucket, _) = try? ModelLocation(source), objects.entry(bucket: bucket, tenant: tenant) == nil else { return nil }
        return "no object store with the bucket '\(bucket.clipped(64))' is named in the file of models.object_stores"
    }

    /// One try.
    /// - Parameter source: `upload://`, `file://`, `https://` or `s3://`.
    package func fetch(_ source: String, tenant: String, bytesMax: Int) async throws(StorageError) -> Fetched {
        let location: ModelLocation
        do throws(RegistryFailure) { location = try ModelLocation(source) } catch { return .refused("its place cannot be used") }
        switch location {
        case .upload(let name):
            guard let content = try await store.artifactContent(ModelLocation.uploads + name, tenant: tenant) else {
                return .refused("there is no uploaded file \(name)")
            }
            return content.count <= bytesMax ? .bytes(content) : .refused("it has \(content.count) bytes, at most \(bytesMax) are taken")
        case .file(let path):
            let roots = ModelRoots(roots: roots)
            return await pool.run {
                do throws(ModelRoots.Refusal) { return .bytes(try roots.read(path, bytesMax: bytesMax)) } catch { return .refused(error.why) }
            }
        case .https(let url):
            return await download(GuardedRequest("GET", url), bytesMax) { status in
                switch status {
                case 300..<400: "the server leads elsewhere (\(status)), which is not followed; give the place itself"
                case 429, 500...599: nil
                default: "the server answered \(status)"
                }
            }
        case .objectStore(let bucket, let key):
            guard let entry = objects.entry(bucket: bucket, tenant: tenant) else { return .refused(missing(for: source, tenant: tenant) ?? "") }
            guard let request = ObjectStores.request(entry, bucket: bucket, key: key, at: now().milliseconds / 1000) else {
                return .refused("bucket and key make no address")
            }
            return await download(request, bytesMax) { ObjectStores.refusal($0, entry, bucket: bucket) }
        }
    }

    /// - Parameter refusal: of a status that is not 200; nil: it may be otherwise at another time.
    private func download(_ request: GuardedRequest, _ bytesMax: Int, refusal: (Int) -> String?) async -> Fetched {
        guard let client else { return .refused("this coordinator fetches nothing from elsewhere") }
        do throws(EgressError) {
            let answer = try await client.send(request, ExchangeLimits(seconds: RegistryLimits.fetchSeconds, bodyBytes: bytesMax))
            guard answer.status != 200 else { return .bytes(answer.body) }
            return refusal(answer.status).map(Fetched.refused) ?? .later("the server answered \(answer.status)")
        } catch {
            switch error {
            case .connection, .timeout, .unresolved, .answer, .tls: return .later(error.message)
            case .url, .refused: return .refused(error.message)
            case .tooLarge: return .refused("it has more than \(bytesMax) bytes")
            }
        }
    }
}
