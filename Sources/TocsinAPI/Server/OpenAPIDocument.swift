import TocsinModel

/// The API as an OpenAPI 3.1 document, made from the table of routes: it cannot say other than what is served.
public enum OpenAPIDocument {
    public static let bytes: [UInt8] = make()

    private static func make() -> [UInt8] {
        var json = JSONWriter()
        json.raw(
            """
            {"openapi":"3.1.0","info":{"title":"Tocsin","version":"1","description":"One engine, many operators. \
            The paths under /api/v1 are those of Prometheus."},"paths":{
            """)
        var seen: [String] = []
        let routes = PrometheusRoutes.all + TocsinRoutes.all
        for path in routes.map(\.path) where !seen.contains(path) {
            if !seen.isEmpty { json.raw(",") }
            seen.append(path)
            json.string(path)
            json.raw(":{")
            for (number, route) in routes.filter({ $0.path == path }).enumerated() {
                if number > 0 { json.raw(",") }
                operation(route, &json)
            }
            json.raw("}")
        }
        json.raw(
            "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}},\"schemas\":")
        json.raw(schemas)
        json.raw("}}")
        return json.bytes
    }

    private static func operation(_ route: Route, _ json: inout JSONWriter) {
        json.string(route.method.lowercased())
        json.raw(":{\"summary\":")
        json.string(route.summary)
        json.raw(",\"x-role\":")
        json.string(route.permission?.role.rawValue ?? "anybody")
        if route.permission != nil { json.raw(",\"security\":[{\"token\":[]}]") }
        let inQuery = route.method == "GET" ? route.parameters : route.parameters.filter { $0.place == .path }
        if !inQuery.isEmpty {
            json.raw(",\"parameters\":")
            json.list(inQuery) { json, parameter in
                json.raw("{\"name\":")
                json.string(parameter.name)
                json.raw(",\"in\":\"\(parameter.place.rawValue)\",\"description\":")
                json.string(parameter.words)
                json.raw(",\"required\":\(parameter.required),\"schema\":{\"type\":\"string\"}}")
            }
        }
        body(route, &json)
        json.raw(",\"responses\":{\"200\":{\"description\":\"OK\",\"content\":{")
        json.string(route.media)
        json.raw(":{}}}")
        for (status, words) in statuses(of: route) { json.raw(",\"\(status)\":{\"description\":\"\(words)\"}") }
        json.raw("}}")
    }

    private static func body(_ route: Route, _ json: inout JSONWriter) {
        if let schema = route.body {
            json.raw(
                ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
                    + "\"#/components/schemas/\(schema)\"}}}}")
        } else if route.method == "POST", route.path.hasPrefix("/api/v1/") {
            json.raw(
                ",\"requestBody\":{\"content\":{\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\","
                    + "\"properties\":{")
            for (number, parameter) in route.parameters.enumerated() {
                if number > 0 { json.raw(",") }
                json.string(parameter.name)
                json.raw(":{\"type\":\"string\",\"description\":")
                json.string(parameter.words)
                json.raw("}")
            }
            json.raw("}}}}}")
        }
    }

    /// What else a route may answer.
    private static func statuses(of route: Route) -> [(Int, String)] {
        var all: [(Int, String)] = []
        if route.path == "/tocsin/v1/pages/{page}" { all.append((204, "nothing has changed but the clock")) }
        all.append((400, "a parameter or the body is faulty"))
        if route.permission != nil {
            all += [(401, "the engine does not know you"), (403, "you may not do this")]
        }
        if route.path.contains("{") || route.body != nil { all.append((404, "there is no such thing")) }
        if route.method == "POST", route.path.hasPrefix("/tocsin/v1/") { all.append((409, "refused, with the reason")) }
        if route.path.hasPrefix("/api/v1/") { all.append((422, "the expression cannot be carried out")) }
        all += [(413, "the body is too large"), (429, "too many requests"), (503, "it took too long, or is starting")]
        return all
    }

    private static var schemas: String {
        let words = CommandBody.commands.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"Command":{"type":"object","required":["command"],"properties":{"command":{"enum":[\(words)]},\
            "id":{"type":"string"},"alerts":{"type":"array","items":{"type":"string"}},"comment":{"type":"string"},\
            "duration":{"type":"number","description":"seconds"},"sticky":{"type":"boolean"},\
            "silence":{"type":"string"},"matchers":{"type":"array","items":{"type":"string"}},\
            "startsAt":{"type":"string"},"plan":{"type":"string"},"typed":{"type":"array","items":{"type":"string"}},\
            "run":{"type":"string"},"reason":{"type":"string"},"service":{"type":"string"},"name":{"type":"string"},\
            "token":{"type":"object"}}},"Intent":{"type":"object","required":["service"],"properties":{\
            "service":{"type":"string"},"intent":{"enum":["switchover","failover","restart","rejoin"]},\
            "member":{"type":"string"},"rehearse":{"type":"boolean"}}}}
            """
    }
}
