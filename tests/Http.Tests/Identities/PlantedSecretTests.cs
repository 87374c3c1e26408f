using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Secrets are planted wherever one may come from; none may be in a log of any level, nor in an answer that is not its own.</summary>
public sealed class PlantedSecretTests
{
    private const string AccessSecret = "PlantedAccessSecretThatNobodyMayRead1234";

    private static readonly TestIssuer Issuer = new();
    private static readonly string Key = ApiKeyText.Create();
    private static readonly string Unknown = ApiKeyText.Create();

    [Fact]
    public async Task Secrets_AreInNoLogAndNoError()
    {
        var sessionKey = Convert.ToBase64String([.. Enumerable.Range(40, 32).Select(static i => (byte)i)]);
        var folder = Folder().Write("secret", AccessSecret).Write("sessions", sessionKey);
        await using var server = await IdentityServer.StartAsync(folder);
        var (token, bad) = (Issuer.Issue(DateTimeOffset.UtcNow), new TestIssuer().Issue(DateTimeOffset.UtcNow));
        var answers = new List<string>();
        foreach (var credential in new[] { Key, Unknown, token, bad, token + "x" })
        {
            (string, string)[] requests =
                [("GET", "/health"), ("POST", "/events"), ("POST", "/admin/streams/orders/policy"), ("GET", "/nowhere"), ("PUT", "/events"), ("GET", "/usage")];
            foreach (var (method, path) in requests)
            {
                answers.Add((await server.SendAsync(method, path, credential, """{"partition_key":"k"}""")).Text);
                answers.Add((await server.SendAsync(method, path, null, "{", ("X-Api-Key", credential), ("Authorization", $"Basic {credential}"))).Text);
            }
        }
        var session = (await server.SendAsync("GET", "/v1/credentials", token)).Json;
        server.AccessKeys.Find("AKIAPLANTED", null);
        server.AccessKeys.Find("AKIAPLANTED", session.GetProperty("Token").GetString());
        // A file that goes bad, and one that holds a key where none belongs.
        foreach (var text in new[] { $$"""{"identities":[{"id":"{{Key}}:","api_key":"{{Key}}"}]}""", $"{{\"{Key}", $$"""{"identities":"{{AccessSecret}}"}""" })
        {
            folder.Write(text);
            server.Store.Refresh();
        }
        folder.Write("secret", AccessSecret[..10]).Write(FileText);
        server.Store.Refresh();

        string[] secrets =
        [
            Key, Unknown, token, bad, SecretOf(Key), SecretOf(Unknown), token.Split('.')[2], bad.Split('.')[2], AccessSecret, AccessSecret[..10], sessionKey,
            session.GetProperty("SecretAccessKey").GetString()!, session.GetProperty("Token").GetString()!,
        ];
        Assert.Contains(server.Log.All, static l => l.StartsWith("Trace", StringComparison.Ordinal) || l.StartsWith("Debug", StringComparison.Ordinal));
        Assert.Contains(server.Log.All, static l => l.Contains("former ones stay", StringComparison.Ordinal));
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(server.Log.All, l => l.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(answers, a => a.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static string SecretOf(string key) => key[(key.LastIndexOf('_') + 1)..];

    private static string FileText
    {
        get
        {
            var identity = IdentityFolder.Identity("orders", Key, "produce:orders");
            identity["subjects"] = IdentityFolder.Subjects();
            identity["access_keys"] = new JsonArray(new JsonObject { ["id"] = "AKIAPLANTED", ["secret_file"] = "secret" });
            var file = IdentityFolder.WithIssuer(identity);
            file["session_key_file"] = "sessions";
            return file.ToJsonString();
        }
    }

    private static IdentityFolder Folder() => new IdentityFolder().Write("jwks.json", Issuer.Keys).Write(FileText);
}
