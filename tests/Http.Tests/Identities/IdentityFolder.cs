using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities.Files;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>A folder with a file of identities and what it names; it goes away with the test.</summary>
internal sealed class IdentityFolder : IDisposable
{
    private readonly DeployedFolder _folder = new();

    /// <summary>The file of identities.</summary>
    public string File => PathOf("identities.json");

    public string PathOf(string name) => _folder.PathOf(name);

    public IdentityFolder Write(string json) => Write("identities.json", json);

    public IdentityFolder Write(string name, string text)
    {
        _folder.Write(name, text);
        return this;
    }

    /// <summary>Writes the file of these identities.</summary>
    public IdentityFolder Write(params JsonObject[] identities) => Write(FileOf(identities));

    public IdentitiesReading Read() => IdentitiesReader.Read(File);

    /// <summary>One identity with an API key, as the file has it.</summary>
    public static JsonObject Identity(string id, string key, params string[] grants) => new()
    {
        ["id"] = id,
        ["grants"] = Grants(grants),
        ["api_keys"] = new JsonArray(new JsonObject
        {
            ["id"] = ApiKeyText.FindId(key), ["sha256"] = Convert.ToHexString(ApiKeyText.HashOf(key)), ["created_at"] = "2026-11-21T00:00:00Z",
        }),
    };

    /// <summary>One identity that signs with an access key, whose secret is written beside the file.</summary>
    public JsonObject Signer(string id, string accessKey, string secret, params string[] grants)
    {
        Write("secret-" + id, secret);
        return new JsonObject
        {
            ["id"] = id, ["grants"] = Grants(grants),
            ["access_keys"] = new JsonArray(new JsonObject { ["id"] = accessKey, ["secret_file"] = "secret-" + id }),
        };
    }

    /// <summary>A subject of <see cref="TestIssuer"/>, as an identity has it.</summary>
    public static JsonArray Subjects(string subject = TestIssuer.Subject) => [new JsonObject { ["issuer"] = TestIssuer.Name, ["subject"] = subject }];

    /// <summary>A file in which <see cref="TestIssuer"/> proves who somebody is, by the keys in <c>jwks.json</c>.</summary>
    public static JsonObject WithIssuer(params JsonObject[] identities) => new()
    {
        ["identities"] = new JsonArray([.. identities]),
        ["issuers"] = new JsonArray(new JsonObject { ["issuer"] = TestIssuer.Name, ["audience"] = TestIssuer.Audience, ["jwks_file"] = "jwks.json" }),
    };

    public static string FileOf(params JsonObject[] identities) => new JsonObject { ["identities"] = new JsonArray([.. identities]) }.ToJsonString();

    /// <summary>Roles with their streams, as <c>produce:orders*</c>.</summary>
    private static JsonArray Grants(string[] grants) =>
        [.. grants.Select(static g => new JsonObject { ["role"] = g.Split(':')[0], ["streams"] = g.Split(':', 2)[1] })];

    public void Dispose() => _folder.Dispose();
}
