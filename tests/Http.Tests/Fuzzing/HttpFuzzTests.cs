using System.Globalization;
using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities.Sessions;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Http.Tests.Fuzzing;

/// <summary>
/// What nobody sends on purpose: damaged requests of every kind, by seed. Each is answered by name, nothing is a defect, and everything that was taken
/// for it is given back.
/// </summary>
[Collection(nameof(Alone))]
public sealed class HttpFuzzTests
{
    /// <summary>The same in each run.</summary>
    private const int Few = 5_000;

    /// <summary>From another seed in each run: what was sent once need not be sent again.</summary>
    private const int Many = 100_000;

    /// <summary>Where .NET's reader throws in the middle of a long text, it keeps the array that it unescaped it into: so with base64.</summary>
    private static readonly string[] KeptByDotNet = ["must be a string of base64"];

    private static readonly string Key = ApiKeyText.Create();
    private static readonly TestIssuer Issuer = new();

    /// <summary>The requests, by what is damaged in them.</summary>
    private static readonly Dictionary<string, (string Method, string[] Targets, string[] Good, (string, string)[] Headers)> Kinds = new()
    {
        ["json"] = ("POST", ["/streams/s/records", "/streams/s/records?ack=accepted", "/events", "/events/confirmed"],
            ["""[{"partition_key":"k","payload":{"a":[1,"\u00e9"]}},{"payload":null,"partition_key":"b","explicit_hash_key":"17"}]""",
                """{"partition_key":"k\u0041","payload":{"n":1.5e3},"explicit_hash_key":340282366920938463463374607431768211455}"""],
            [("Content-Type", "application/json")]),
        ["ndjson"] = ("POST", ["/streams/s/records", "/streams/s/records?key=/a/0", "/streams/s/records?key=/k", "/streams/s/records?key=random"],
            ["{\"partition_key\":\"k\",\"payload\":{\"x\":1}}\n{\"partition_key\":\"l\",\"payload\":\"t\",\"k\":\"v\"}\r\n\n",
                "{\"a\":[\"x\",{\"b\":7}],\"k\":-1.5}\n{\"k\":\"\",\"partition_key\":\"m\",\"payload\":[]}"],
            [("Content-Type", "application/x-ndjson")]),
        ["base64"] = ("POST", ["/streams/s/records", "/streams/s/records?stream=true"],
            ["{\"partition_key\":\"k\",\"data\":\"aGVsbG8=\"}\n{\"data\":\"\",\"partition_key\":\"l\",\"explicit_hash_key\":\"0\"}"],
            [("Content-Type", "application/vnd.kpl.records+ndjson")]),
        ["streamed"] = ("POST", ["/streams/s/records?stream=true", "/streams/s/records?stream=true&ack=accepted", "/streams/s/records?stream=true&key=/k"],
            [string.Concat(Enumerable.Range(0, 40).Select(static i => $"{{\"partition_key\":\"k{i}\",\"payload\":{i},\"k\":\"{i}\"}}\n"))],
            [("Content-Type", "application/x-ndjson")]),
        ["admin"] = ("POST", ["/admin/streams/s/split", "/admin/streams/s/merge", "/admin/streams/s/scale", "/admin/streams/s/plan", "/admin/streams/s/policy",
                "/admin/streams/s/capacity",
                "/admin/streams/s/load",
                "/admin/streams/orders/dead-letters/requeue", "/admin/streams/orders/dead-letters/drop"],
            ["""{"shard_id":"shardId-000000000000","at":"weighted"}""", """{"shard_id":"a","adjacent_shard_id":"b"}""", """{"shards":8,"method":"plan"}""",
                """{"numbers":[3,5]}""", """{"all":true}""", """{"mode":"on","max_shards":64}""", """{"warm_mib_per_second":200,"for_seconds":60.5,"dry_run":true}"""],
            [("Content-Type", "application/json")]),
    };

    public static TheoryData<string> Bodies => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Bodies))]
    public Task ABody_OfAnyBytes_IsAnsweredByName(string kind) => SendBodiesAsync(kind, Few);

    [Theory]
    [MemberData(nameof(Bodies))]
    [Trait("Category", "Long")]
    public Task ABody_OfAnyBytes_FromAnotherSeed_IsAnsweredByName(string kind) => SendBodiesAsync(kind, Many);

    /// <summary>Each of these bodies once left an array of the pool behind, or was a defect.</summary>
    [Theory]
    [InlineData("json", 2_221_447)]
    [InlineData("ndjson", 11_944_776)]
    [InlineData("base64", 1_183_433)]
    public async Task ABody_OfASeedThatFailed_IsAnsweredByName(string kind, int seed)
    {
        await using var app = new TierApp();
        using var watch = new LeakWatch();
        for (var i = 0; i < 20; i++)
        {
            var (status, text) = await SendBodyAsync(app, kind, new Random(seed));
            Assert.True(status is >= 200 and < 500, $"{Text(status)} {text}");
            await Waiting.UntilAsync(() => watch.Open == 0, $"that all arrays are given back ({Text(status)} {text})");
        }
        Assert.Equal((0L, 0L), (app.BodyBytes, app.InFlight));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public Task ACompressedBody_OfAnyBytes_IsAnsweredByName(string encoding) => SendCompressedAsync(encoding, Few);

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [Trait("Category", "Long")]
    public Task ACompressedBody_OfAnyBytes_FromAnotherSeed_IsAnsweredByName(string encoding) => SendCompressedAsync(encoding, Many);

    [Fact]
    public Task ACredential_OfAnyText_IsAnsweredByName() => SendCredentialsAsync(Few);

    [Fact]
    [Trait("Category", "Long")]
    public Task ACredential_OfAnyText_FromAnotherSeed_IsAnsweredByName() => SendCredentialsAsync(Many);

    [Fact]
    public void ASealedToken_OfAnyText_OpensOnlyWhereItIsWhatWasSealed() => OpenTokens(Few);

    [Fact]
    [Trait("Category", "Long")]
    public void ASealedToken_OfAnyText_FromAnotherSeed_OpensOnlyWhereItIsWhatWasSealed() => OpenTokens(Many);

    private static async Task SendBodiesAsync(string kind, int count)
    {
        await using var app = new TierApp();
        await RunAsync(app, kind, count, random => SendBodyAsync(app, kind, random));
        Assert.True(kind == "admin" || app.Producer.Records > count / 50, "hardly any record was taken: nothing behind the reader was tried");
    }

    private static Task<(int Status, string Text)> SendBodyAsync(TierApp app, string kind, Random random)
    {
        var (method, targets, good, headers) = Kinds[kind];
        return app.RunAsync(
            method, targets[random.Next(targets.Length)], Mutation.Of(random, Encoding.UTF8.GetBytes(good[random.Next(good.Length)])),
            random.Next(1, 600), headers);
    }

    private static async Task SendCompressedAsync(string encoding, int count)
    {
        var line = "{\"partition_key\":\"k\",\"payload\":{\"x\":17}}\n";
        byte[][] seeds = [Compressed.With(encoding, line), Compressed.With(encoding, string.Concat(Enumerable.Repeat(line, 60))),
            [.. Compressed.With(encoding, line), .. Compressed.With(encoding, line)], Compressed.With(encoding, new byte[20_000])];
        string[] targets = ["/streams/s/records", "/streams/s/records?stream=true", "/streams/s/records?key=random"];
        (string, string)[] headers = [("Content-Type", "application/x-ndjson"), ("Content-Encoding", encoding)];
        await using var app = new TierApp();
        await RunAsync(app, encoding, count, random => app.RunAsync(
            "POST", targets[random.Next(targets.Length)], Mutation.Of(random, seeds[random.Next(seeds.Length)]), random.Next(1, 600), headers));
    }

    private static async Task SendCredentialsAsync(int count)
    {
        using var folder = new IdentityFolder().Write("jwks.json", Issuer.Keys).Write($$"""
            {
              "issuers": [{"issuer":"{{TestIssuer.Name}}","audience":"{{TestIssuer.Audience}}","jwks_file":"jwks.json"}],
              "identities": [
                {"id":"orders","grants":[{"role":"produce","streams":"*"}],"subjects":[{"issuer":"{{TestIssuer.Name}}","subject":"{{TestIssuer.Subject}}"}]},
                {{IdentityFolder.Identity("keyed", Key, "status:*").ToJsonString()}}
              ]
            }
            """);
        await using var app = new TierApp(folder.File);
        var now = DateTimeOffset.UtcNow;
        string[] good = [$"Bearer {Key}", $"Bearer {Issuer.Issue(now)}", $"Bearer {Issuer.Issue(now, "ES256")}", Issuer.Issue(now, "PS384"), $"bearer  {Key} "];
        var seeds = good.Select(Encoding.ASCII.GetBytes).ToArray();
        string[] targets = ["/usage", "/v1/credentials", "/streams/s/records", "/admin/streams/s/policy"];
        string[] names = ["Authorization", "Authorization", "X-Api-Key"];
        await RunAsync(app, "credentials", count, random =>
        {
            // Kestrel takes no line ends in headers.
            var credential = Encoding.Latin1.GetString(Mutation.Of(random, seeds[random.Next(seeds.Length)])).Replace('\r', ' ').Replace('\n', ' ');
            return app.RunAsync(random.Next(3) == 0 ? "POST" : "GET", targets[random.Next(targets.Length)], [], 1, (names[random.Next(3)], credential));
        });
    }

    private static void OpenTokens(int count)
    {
        byte[][] keys = [new byte[32], [.. Enumerable.Repeat((byte)7, 32)]];
        var session = SessionTokens.Create("orders", DateTimeOffset.UnixEpoch);
        var good = SessionTokens.Seal(session, keys[1]);
        var seed = count == Many ? Random.Shared.Next() : 31;
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var text = Encoding.Latin1.GetString(Mutation.Of(random, Encoding.ASCII.GetBytes(good)));
            if (SessionTokens.Open(text, keys) is { } opened)
            {
                var meant = new string([.. text.Where(static c => !char.IsWhiteSpace(c) && c != '=')]);
                Assert.True((good.Trim('='), session) == (meant, opened), $"seed {Text(seed)}, {Text(i)}: {meant}");
            }
        }
    }

    private static async Task RunAsync(TierApp app, string seedOf, int count, Func<Random, Task<(int Status, string Text)>> send)
    {
        LeakWatch.Know<UserRecord>();
        using var watch = new LeakWatch();
        var answers = new HashSet<(int, bool)>();
        var first = count == Many ? Random.Shared.Next(int.MaxValue - Many) : HashCode(seedOf);
        for (var i = 0; i < count; i++)
        {
            if (i == count / 2)
                watch.Begin(); // what is made once has been made
            var seed = first + i;
            var (status, text) = await send(new Random(seed));
            Assert.True(
                status is >= 200 and < 500 && !text.Contains(HttpErrorCodes.InternalFailure, StringComparison.Ordinal),
                $"seed {Text(seed)}: {status} {text}");
            if (watch.Open != 0)
            {
                var words = seedOf == "admin" ? [HttpErrorCodes.MalformedJson, HttpErrorCodes.BadRequest] : KeptByDotNet;
                // An answer may be there a moment before everything that it needed is given back.
                if (!words.Any(w => text.Contains(w, StringComparison.Ordinal)))
                    await Waiting.UntilAsync(() => watch.Open == 0, $"that seed {Text(seed)} gives all its arrays back ({status} {text})");
                watch.Forgive();
            }
            answers.Add((status, text.Contains("\"failed\"", StringComparison.Ordinal)));
        }
        await Waiting.UntilAsync(() => watch.Open == 0);
        watch.Check();
        Assert.Empty(app.Logs.Errors);
        Assert.Equal((0L, 0L), (app.BodyBytes, app.InFlight));
        Assert.True(answers.Count > 1, "all were answered alike: nothing was tried");
    }

    private static string Text(int seed) => seed.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same in every process.</summary>
    private static int HashCode(string text) => text.Aggregate(17, static (sum, c) => unchecked((sum * 31) + c)) & 0xFFFFFF;
}

/// <summary>Tests that count what the whole process does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
