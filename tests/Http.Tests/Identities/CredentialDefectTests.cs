using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <remarks>Tests <see cref="Http.Identities.CredentialCheck"/> and <see cref="Http.Identities.Tokens.TokenText"/>.</remarks>
public sealed class CredentialDefectTests
{
    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Stranger = new();
    private static readonly string Key = ApiKeyText.Create();

    private static readonly Dictionary<string, string> Defects = new()
    {
        ["an empty credential"] = "",
        ["a key of nobody"] = ApiKeyText.Create(),
        ["a key with another secret"] = Key[..^1] + (Key[^1] == 'a' ? 'b' : 'a'),
        ["a key with more behind it"] = Key + "a",
        ["a key without a secret"] = Key[..(Key.LastIndexOf('_') + 1)],
        ["a key of capitals"] = Key.ToUpperInvariant(),
        ["an endless key"] = "kpl_a_" + new string('a', 5_000),
        ["a token by a stranger"] = Stranger.Issue(DateTimeOffset.UtcNow),
        ["a token without a signature"] = Unsigned(),
        ["a token with algorithm none"] = Issuer.Issue(DateTimeOffset.UtcNow, "none"),
        ["a token signed with the public key"] = Issuer.Issue(DateTimeOffset.UtcNow, "HS256"),
        ["a token for others"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["aud"] = "others"),
        ["a token of another issuer"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["iss"] = "https://elsewhere.example"),
        ["a token of a stranger's subject"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["sub"] = "system:serviceaccount:shop:other"),
        ["a token without a subject"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c.Remove("sub")),
        ["a token that is over"] = Issuer.Issue(DateTimeOffset.UtcNow.AddHours(-2)),
        ["a token of the future"] = Issuer.Issue(DateTimeOffset.UtcNow.AddHours(1)),
        ["a token that never ends"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c.Remove("exp")),
        ["a token with a time that is a text"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["exp"] = "tomorrow"),
        ["a token with an unknown key"] = Issuer.Issue(DateTimeOffset.UtcNow, header: static h => h["kid"] = "other"),
        ["a token with the wrong key"] = Issuer.Issue(DateTimeOffset.UtcNow, header: static h => h["kid"] = "p256"),
        ["a token that demands what is not known"] = Issuer.Issue(DateTimeOffset.UtcNow, header: static h => h["crit"] = new JsonArray("x")),
        ["a token with its own key"] = Stranger.Issue(DateTimeOffset.UtcNow, header: static h => h["jku"] = "https://stranger.example/keys"),
        ["a changed token"] = Changed(Issuer.Issue(DateTimeOffset.UtcNow)),
        ["a token of four parts"] = Issuer.Issue(DateTimeOffset.UtcNow) + ".a",
        ["a long token"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["x"] = new string('a', 9_000)),
        ["an array"] = $"{TestIssuer.Encode("[]")}.{TestIssuer.Encode("[]")}.AAAA",
        ["duplicate members"] = $"{TestIssuer.Encode("""{"alg":"RS256","alg":"none"}""")}.{TestIssuer.Encode("{}")}.AAAA",
        ["two subjects"] = Issuer.Sign(
            """{"alg":"RS256","kid":"rsa"}""", TestIssuer.Claims(DateTimeOffset.UtcNow).ToJsonString().Replace("\"sub\"", "\"sub\":\"other\",\"sub\"", StringComparison.Ordinal)),
        ["a token that names no key of several"] = Issuer.Issue(DateTimeOffset.UtcNow, header: static h => h.Remove("kid")),
        ["a token for a year"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["exp"] = DateTimeOffset.UtcNow.AddYears(1).ToUnixTimeSeconds()),
        ["a token for ever"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["exp"] = long.MaxValue),
        ["a token with its own key inside"] = Stranger.Issue(DateTimeOffset.UtcNow, header: static h => h["jwk"] = JsonNode.Parse(Stranger.Keys)!["keys"]![0]!.DeepClone()),
        ["an audience with a slash"] = Issuer.Issue(DateTimeOffset.UtcNow, change: static c => c["aud"] = TestIssuer.Audience + "/"),
        ["an encrypted token"] = Issuer.Issue(DateTimeOffset.UtcNow) + ".AAAA.AAAA",
        ["no base64"] = "a!.b.c",
        ["dots"] = "..",
    };

    public static TheoryData<string> Names => [.. Defects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Defect_OfACredential_IsAnswered401Everywhere(string defect)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        (string, string)[] requests =
        [
            ("POST", "/events"), ("GET", "/health"), ("GET", "/usage"), ("GET", "/admin/kinesis"), ("POST", "/admin/streams/orders/refresh"),
            ("GET", "/v1/credentials"), ("GET", "/nowhere"),
        ];
        foreach (var (method, path) in requests)
        {
            var answer = await server.SendAsync(method, path, Defects[defect], "{}");
            Assert.Equal((401, "NotAuthenticated", "Bearer"), (answer.Status, answer.Code, answer.Headers["WWW-Authenticate"]));
            Assert.True(Defects[defect].Length < 10 || !answer.Text.Contains(Defects[defect], StringComparison.Ordinal));
        }
        Assert.Equal(200, (await server.SendAsync("GET", "/health/live", Defects[defect])).Status);
        Assert.Equal(0, server.Producer.Calls);
    }

    /// <summary>Whoever signs nothing says what he likes in a token; what reads it must not break.</summary>
    [Fact]
    public async Task Token_WithAMemberOfAnotherKind_IsAnswered401()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        string[] values =
        [
            "null", "true", "5", "-1", "1.5", "1e30", "-1e30", "1e400", "-1e400", "99999999999999999999999", "253402300800", "-62135596801",
            "[]", "[5]", "[null]", "{}", "\"\"", "\"x\"", "\"1e400\"", "\"99999999999999999999999\"", "\"\\u0000\"",
        ];
        List<string> wrong = [];
        foreach (var name in (string[])["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "actort", "alg", "kid", "typ", "cty", "x5t", "zip", "enc"])
        {
            foreach (var value in values)
            {
                var claims = TestIssuer.Claims(DateTimeOffset.UtcNow);
                var head = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "rsa" };
                claims.Remove(name);
                var isOfHead = head.Remove(name) || name is "cty" or "x5t" or "zip" or "enc";
                var token = Stranger.Sign(With(head, isOfHead), With(claims, !isOfHead));
                var answer = await server.SendAsync("GET", "/health", token);
                if (answer.Status != 401)
                    wrong.Add($"{name} {value}: {answer.Status}");

                string With(JsonObject members, bool isHere) => isHere ? members.ToJsonString()[..^1] + $",\"{name}\":{value}}}" : members.ToJsonString();
            }
        }

        Assert.Empty(wrong);
        Assert.Empty(server.Log.Errors);
    }

    /// <summary>Nobody knows yet whose it is, and a client that takes 401 for an answer would give up.</summary>
    [Fact]
    public async Task Token_WhoseIssuersKeysWereNeverRead_IsAnswered503Everywhere()
    {
        const string Away = "\"jwks_url\":\"https://127.0.0.1:1/keys\"";
        var folder = Folder();
        folder.Write(File.ReadAllText(folder.File).Replace("\"jwks_file\":\"jwks.json\"", Away, StringComparison.Ordinal));
        await using var server = await IdentityServer.StartAsync(folder);
        (string, string)[] requests = [("POST", "/events"), ("GET", "/usage"), ("POST", "/admin/streams/orders/refresh"), ("GET", "/v1/credentials")];
        foreach (var (method, path) in requests)
        {
            var answer = await server.SendAsync(method, path, Issuer.Issue(DateTimeOffset.UtcNow), "{}");
            Assert.Equal((503, "NotReady", "2"), (answer.Status, answer.Code, answer.Headers["Retry-After"]));
        }
        Assert.Equal(200, (await server.SendAsync("GET", "/health", Key)).Status);
        Assert.Equal(0, server.Producer.Calls);
    }

    [Fact]
    public async Task Credential_InEitherHeader_IsTaken_ButNotInBoth()
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        Assert.Equal(200, (await server.SendAsync("GET", "/health", Key)).Status);
        Assert.Equal(200, (await server.SendAsync("GET", "/health", null, "", ("X-Api-Key", Key))).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", Key, "", ("X-Api-Key", Key))).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", null, "", ("Authorization", Key))).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", null, "", ("Authorization", $"Basic {Key}"))).Status);
        Assert.Equal(401, (await server.SendAsync("GET", "/health", null, "", ("X-Api-Key", Issuer.Issue(DateTimeOffset.UtcNow)))).Status);
    }

    /// <summary>A key that was cut short when it was copied was told as none at all: one looked for a proxy that eats headers.</summary>
    [Theory]
    [InlineData("the header X-Api-Key has no API key, which begins with kpl_", "X-Api-Key: bad")]
    [InlineData("the header X-Api-Key has no API key, which begins with kpl_", "X-Api-Key: ")]
    [InlineData("the header Authorization is not 'Bearer' with a credential", "Authorization: Basic YTpi")]
    [InlineData("more than one credential was sent", "Authorization: Bearer bad", "X-Api-Key: bad")]
    [InlineData("no credential was sent")]
    public async Task Credential_ThatCannotBeRead_IsToldAsWhatItIs(string reason, params string[] headers)
    {
        await using var server = await IdentityServer.StartAsync(Folder());
        var sent = headers.Select(static h => (h[..h.IndexOf(':', StringComparison.Ordinal)], h[(h.IndexOf(':', StringComparison.Ordinal) + 2)..])).ToArray();

        var answer = await server.SendAsync("GET", "/health", null, "", sent);

        Assert.Equal((401, "NotAuthenticated"), (answer.Status, answer.Code));
        Assert.StartsWith(reason + ";", answer.Message, StringComparison.Ordinal);
    }

    private static string Unsigned() => $"{TestIssuer.Encode("""{"alg":"none"}""")}.{TestIssuer.Encode(TestIssuer.Claims(DateTimeOffset.UtcNow).ToJsonString())}.";

    private static string Changed(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{TestIssuer.Encode(TestIssuer.Claims(DateTimeOffset.UtcNow.AddHours(5)).ToJsonString())}.{parts[2]}";
    }

    private static IdentityFolder Folder()
    {
        var identity = IdentityFolder.Identity("orders", Key, "produce:orders");
        identity["subjects"] = IdentityFolder.Subjects();
        return new IdentityFolder().Write("jwks.json", Issuer.Keys).Write(IdentityFolder.WithIssuer(identity).ToJsonString());
    }
}
