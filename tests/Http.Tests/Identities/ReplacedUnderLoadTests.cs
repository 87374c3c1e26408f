using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Identities, API keys and the keys of an issuer are replaced as deployments do it, while clients put: no request may fail for it.</summary>
public sealed class ReplacedUnderLoadTests
{
    private const string Body = """{"partition_key":"k","payload":1}""";
    private const string NextKeyId = "next";
    private const int Clients = 6;

    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Next = new();
    private static readonly string FirstKey = ApiKeyText.Create();
    private static readonly string SecondKey = ApiKeyText.Create();

    private readonly ConcurrentBag<string> _failures = [];
    private readonly int[] _answers = new int[Clients];
    private volatile string _key = FirstKey;
    private volatile bool _isNext;

    [Fact]
    public async Task KeysTokensAndIdentities_ReplacedUnderLoad_FailNoRequest()
    {
        var folder = new IdentityFolder().Write("jwks.json", Issuer.Keys).Write(FileOf([FirstKey]));
        await using var server = await IdentityServer.StartAsync(folder);
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, Clients).Select(i => PutAsync(server, i, stop.Token)).ToList();
        (Action Write, Action? Then)[] steps =
        [
            // A second key is put beside the first, the clients change to it, and the first one goes.
            (() => folder.Write(FileOf([FirstKey, SecondKey])), () => _key = SecondKey),
            (() => folder.Write(FileOf([SecondKey])), null),
            // So does the issuer.
            (() => folder.Write("jwks.json", KeysOfBoth()), () => _isNext = true),
            (() => folder.Write("jwks.json", KeysOf(Next)), null),
            // What is no file of identities, or of keys, leaves the last ones in force.
            (() => folder.Write("{"), null),
            (() => folder.Write(FileOf([SecondKey])).Write("jwks.json", "nothing"), null),
            (() => folder.Write("jwks.json", KeysOf(Next)).Write(FileOf([SecondKey], others: 200)), null),
        ];
        foreach (var (write, then) in steps)
        {
            await GoOnAsync();
            write();
            server.Store.Refresh();
            await GoOnAsync();
            then?.Invoke();
            // Whoever asked with the former credential has its answer.
            await GoOnAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Empty(_failures);
        Assert.Equal(401, (await server.SendAsync("POST", "/events", FirstKey, Body)).Status);
        Assert.Equal(401, (await server.SendAsync("POST", "/events", Issuer.Issue(DateTimeOffset.UtcNow), Body)).Status);
        Assert.Equal(202, (await server.SendAsync("POST", "/events", SecondKey, Body)).Status);
    }

    /// <summary>Some clients have a key, some a token that they keep, and some get a new token for each request.</summary>
    private async Task PutAsync(IdentityServer server, int place, CancellationToken stop)
    {
        string? kept = null;
        var keptIsNext = false;
        while (!stop.IsCancellationRequested)
        {
            var isNext = _isNext;
            if (kept is null || keptIsNext != isNext)
                (kept, keptIsNext) = (Token(isNext), isNext);
            var credential = (place % 3) switch { 0 => _key, 1 => kept, _ => Token(isNext) };
            var answer = await server.SendAsync("POST", "/events", credential, Body);
            if (answer.Status != 202)
                _failures.Add(answer.Text);
            Interlocked.Increment(ref _answers[place]);
        }
    }

    /// <summary>Waits until each client has had answers to requests that it began from now on.</summary>
    private Task GoOnAsync()
    {
        var before = _answers.ToArray();
        return Waiting.UntilAsync(() => Enumerable.Range(0, Clients).All(i => Volatile.Read(ref _answers[i]) > before[i] + 3));
    }

    private static string Token(bool isNext) =>
        isNext ? Next.Issue(DateTimeOffset.UtcNow, header: static h => h["kid"] = NextKeyId) : Issuer.Issue(DateTimeOffset.UtcNow);

    private static string KeysOf(TestIssuer issuer) => new JsonObject { ["keys"] = new JsonArray(RsaOf(issuer, NextKeyId)) }.ToJsonString();

    private static string KeysOfBoth() =>
        new JsonObject { ["keys"] = new JsonArray(RsaOf(Issuer, TestIssuer.KeyIdOf("RS256")), RsaOf(Next, NextKeyId)) }.ToJsonString();

    private static JsonNode RsaOf(TestIssuer issuer, string name)
    {
        var key = JsonNode.Parse(issuer.Keys)!["keys"]!.AsArray().First(static k => k!["kty"]!.GetValue<string>() == "RSA")!.DeepClone();
        key["kid"] = name;
        return key;
    }

    private static string FileOf(string[] keys, int others = 0)
    {
        var identity = IdentityFolder.Identity("orders", keys[0], "produce:orders");
        foreach (var key in keys[1..])
            identity["api_keys"]!.AsArray().Add(IdentityFolder.Identity("orders", key, "produce:orders")["api_keys"]![0]!.DeepClone());
        identity["subjects"] = IdentityFolder.Subjects();
        var more = Enumerable.Range(0, others)
            .Select(static i => IdentityFolder.Identity(string.Create(CultureInfo.InvariantCulture, $"other-{i}"), ApiKeyText.Create(), "produce:*"));
        return IdentityFolder.WithIssuer([identity, .. more]).ToJsonString();
    }
}
