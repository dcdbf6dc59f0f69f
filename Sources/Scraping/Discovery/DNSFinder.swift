import NIOCore
import TocsinCore
import TocsinModel

/// `dns_sd_configs`: the targets that names in the DNS stand for.
struct DNSFinder: Finder {
    let names: [String]
    let type: DNSRecordType
    let port: Int
    let refresh: Milliseconds
    /// Where to ask; `/etc/resolv.conf` in earnest.
    var settings: @Sendable () -> ResolverSettings = { ResolverSettings.read() }
    /// The port of DNS servers.
    var serverPort = 53

    private static let patience: Milliseconds = 5_000

    func follow(_ tell: @Sendable (Result<[TargetGroup], FinderFailure>) async -> Void) async {
        var known: [String: TargetGroup] = [:]
        while !Task.isCancelled {
            var failure: FinderFailure?
            for name in names {
                do { known[name] = try await group(name) } catch {
                    failure = failure ?? FinderFailure("\(name): \(WebWords.of(error))")
                }
            }
            if Task.isCancelled { return }
            await tell(.success(names.compactMap { known[$0] }))
            if let failure { await tell(.failure(failure)) }
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(refresh))
        }
    }

    private func group(_ name: String) async throws -> TargetGroup {
        let number = DNSTypes.number(type.rawValue) ?? 33
        let records = try await records(name, number)
        let targets = records.map { record -> Labels in
            var labels: Labels = ["__meta_dns_name": name]
            var address = "\(record.text):\(port)"
            switch type {
            case .srv:
                labels = labels.merging([
                    "__meta_dns_srv_record_target": record.target + ".",
                    "__meta_dns_srv_record_port": "\(record.port)",
                ])
                address = "\(record.target):\(record.port)"
            case .mx:
                labels = labels.setting("__meta_dns_mx_record_target", record.target)
                address = "\(record.target):\(port)"
            case .ns:
                labels = labels.setting("__meta_dns_ns_record_target", record.target)
                address = "\(record.target):\(port)"
            case .aaaa: address = "[\(record.text)]:\(port)"
            case .a: break
            }
            return labels.setting("__address__", address)
        }
        return TargetGroup(targets: targets, source: name)
    }

    /// The answer of the first server that gives one, for the first of the names that exists.
    private func records(_ name: String, _ number: UInt16) async throws -> [DNSMessage.Record] {
        let settings = settings()
        var failure: any Error = Unusable("no DNS server answers")
        for candidate in settings.candidates(name) {
            for server in settings.servers {
                do {
                    let address = try SocketAddress(ipAddress: server, port: serverPort)
                    let message = try await ask(candidate, number, address)
                    switch message.code {
                    case 0:
                        let found = message.answers.filter { $0.type == number }
                        if !found.isEmpty || candidate == settings.candidates(name).last { return found }
                    case 3: failure = Unusable("there is no such name")
                    default:
                        failure = Unusable("the server says \(DNSTypes.code(message.code))")
                        continue
                    }
                    break
                } catch { failure = error }
            }
        }
        // A name that does not exist has no targets, which is an answer.
        if let unusable = failure as? Unusable, unusable.description == "there is no such name" { return [] }
        throw failure
    }

    private func ask(_ name: String, _ type: UInt16, _ server: SocketAddress) async throws -> DNSMessage {
        let first = try await DNSClient.ask(
            name, type, at: server, overTCP: false, milliseconds: Self.patience)
        guard first.message.isCut else { return first.message }
        return try await DNSClient.ask(name, type, at: server, overTCP: true, milliseconds: Self.patience).message
    }
}
