using System.Globalization;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Verify;

/// <remarks>Tests <see cref="Cli.Verify.VerifyVerb"/>, <see cref="Cli.Verify.VerifyText"/> and <see cref="Cli.Verify.ToldByProducers"/>.</remarks>
public sealed class VerifyVerbTests
{
    private static readonly UInt128 Middle = UInt128.One << 127;

    [Fact]
    public async Task Verify_OfPlantedFaults_TellsEach_AndNothingElse()
    {
        await using var endpoint = await Endpoint.StartAsync(2);
        using var planted = new PlantedStream(new Uri(endpoint.Url), Endpoint.Stream);
        await planted.PutAsync(
            new(0, 100), new(103, 47), new(103, 2), new(170, 10), new(150, 20), new(180, 1),
            new(0, 50, Line: 2, Hash: Middle), new(51, 9, Line: 2, Hash: Middle));

        var run = await VerifyAsync(endpoint, "--json");

        Assert.Equal(
            (1, 239, 4, 2, 20), (run.ExitCode, Count(run, "records"), Count(run, "missing"), Count(run, "duplicates"), Count(run, "out_of_order")));
        Assert.Equal(
            ["missing 1 100 102", "missing 2 50 50", "duplicate 1 103 104", "out_of_order 1 150 169"],
            run.LastJson.GetProperty("faults").EnumerateArray()
                .Select(static f => $"{f.GetProperty("fault")} {f.GetProperty("line")} {f.GetProperty("first")} {f.GetProperty("last")}"));
        Assert.Equal("000000000000abcd", run.LastJson.GetProperty("lines")[0].GetProperty("producer").GetString());

        var text = await VerifyAsync(endpoint);
        text.AssertOutput(1, ": 4 records missing\n\n");
        Assert.Contains("""

            what          producer          line     numbers
            missing       000000000000abcd     1  100 to 102
            missing       000000000000abcd     2          50
            duplicate     000000000000abcd     1  103 to 104
            out of order  000000000000abcd     1  150 to 169
            Out of order is a fault on an ordered stream, and usual on others.

            producer          line  first  last  records  missing  failed  duplicates  out of order
            000000000000abcd     1      0   180      180        3       0           2            20
            000000000000abcd     2      0    59       59        1       0           0             0

            """.ReplaceLineEndings("\n"), text.Text, StringComparison.Ordinal);
        Assert.Contains("No tier told its failures", text.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_OfAStreamWithoutNumbers_Counts_AndSaysWhatToSwitchOn()
    {
        await using var endpoint = await Endpoint.StartAsync();
        await endpoint.PutAsync("a\nb\nc\n");

        var run = await VerifyAsync(endpoint);

        run.AssertOutput(1, ": nothing can be proved\n");
        Assert.Contains("With ProducerNumbers=true the producer numbers them. Each Kinesis record is then an aggregate and grows by about 35 bytes", run.Text,
            StringComparison.Ordinal);
        Assert.Contains("Those that come through the Kinesis front have one with FrontAggregate=true.", run.Text, StringComparison.Ordinal);
        Assert.Equal((3, 3), (Count(await VerifyAsync(endpoint, "--json"), "records"), Count(await VerifyAsync(endpoint, "--json"), "not_ours")));
    }

    /// <summary>Plain records of others, and aggregates of a KPL that knows no numbers.</summary>
    [Fact]
    public async Task Verify_OnAStreamWithOtherWriters_TellsThemApart()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        using var planted = new PlantedStream(new Uri(endpoint.Url), Endpoint.Stream);
        await endpoint.PutAsync("a\nb\n");
        await planted.PutAsync(new(0, 10), new(0, 7, HasNumbers: false), new(10, 10));

        var run = await VerifyAsync(endpoint, "--json");

        Assert.Equal((0, 29, 9, 0), (run.ExitCode, Count(run, "records"), Count(run, "not_ours"), Count(run, "missing")));
        Assert.Contains(run.LastJson.GetProperty("notes").EnumerateArray(), static n => n.GetString()!.Contains("FrontAggregate=true", StringComparison.Ordinal));
    }

    /// <summary>A producer that runs while shards are split and merged sends some aggregates to shards that do not take them any more.</summary>
    [Fact]
    public async Task Verify_OfWhatWasPutDuringReshards_ProvesIt()
    {
        await using var endpoint = await Endpoint.StartAsync(2);
        var input = new OpenInput();
        var putting = CliRun.RunAsync(
            input.Stream, ["put", "--endpoint", endpoint.Url, "--key", "random"], new() { ["Kpl__ProducerNumbers"] = "true", ["Kpl__RecordTtl"] = "10m" });
        var put = 0;
        foreach (var reshard in new Action[] { () => { }, () => Split(0), () => Split(1), () => Merge(2, 3), () => Split(4) })
        {
            await Testing.Waiting.UntilAsync(() => endpoint.Kinesis.Get(Endpoint.Stream).Status == LocalKinesis.StreamStatus.Active);
            reshard();
            for (var call = 0; call < 5; call++, put += 1_000)
                await input.WriteAsync(string.Concat(Enumerable.Range(put, 1_000).Select(static i => $"line {i}\n")));
            await Testing.Waiting.UntilAsync(() => endpoint.Applied().Count() >= put - 500);
        }

        input.Close();
        Assert.Equal(0, (await putting).ExitCode);

        var run = await VerifyAsync(endpoint, "--json");

        Assert.Equal((0, 0, put), (run.ExitCode, Count(run, "missing"), Count(run, "records") - Count(run, "duplicates")));
        Assert.Equal(9, endpoint.Kinesis.Get(Endpoint.Stream).Shards.Count);

        void Split(int shard)
        {
            var split = endpoint.Kinesis.Get(Endpoint.Stream).Shards[shard];
            endpoint.Kinesis.Split(Endpoint.Stream, split.ShardId, split.StartingHashKey + ((split.EndingHashKey - split.StartingHashKey) / 2) + 1);
        }

        void Merge(int shard, int other)
        {
            var shards = endpoint.Kinesis.Get(Endpoint.Stream).Shards;
            endpoint.Kinesis.Merge(Endpoint.Stream, shards[shard].ShardId, shards[other].ShardId);
        }    }

    /// <summary>What KCL passes over is not there for consumers: only the copy in the right shard counts.</summary>
    [Fact]
    public async Task Verify_ThroughAReshard_CountsWhatLandedInTheWrongShardWhereItBelongs()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        using var planted = new PlantedStream(new Uri(endpoint.Url), Endpoint.Stream);
        await planted.PutAsync(new(0, 10), new(10, 10, Hash: Middle));
        var shard = endpoint.Kinesis.Get(Endpoint.Stream).Shards.Single().ShardId;
        endpoint.Kinesis.Split(Endpoint.Stream, shard, Middle);
        await Waiting.UntilAsync(() => endpoint.Kinesis.Get(Endpoint.Stream).Shards.Count(static s => s.IsOpen) == 2);
        await planted.PutAsync(new(20, 10, Into: Middle), new(30, 10, Hash: Middle), new(20, 5), new(40, 10));

        var run = await VerifyAsync(endpoint, "--json");

        Assert.Equal((1, 45, 5, 10, 0), (run.ExitCode, Count(run, "records"), Count(run, "missing"), Count(run, "wrong_shard"), Count(run, "duplicates")));
        Assert.Contains(run.LastJson.GetProperty("notes").EnumerateArray(), static n => n.GetString()!.Contains("KCL passes over them", StringComparison.Ordinal));
    }

    /// <summary>Of 100 numbers 10 are missing: a tier tells that it gave three of them up, and keeps two as dead letters.</summary>
    [Fact]
    public async Task Verify_WhatATierKnowsToHaveFailed_IsNotMissing()
    {
        await using var endpoint = await PlantedAsync(new(0, 50), new(60, 40));
        await using var tier = await FakeTier.StartAsync(static async (request, context) => await FakeTier.RespondAsync(context, 200, request.Path switch
        {
            "/admin/streams/events/failures?after=0&max=1000" => Page(50, 2, hasMore: true),
            "/admin/streams/events/failures?after=2&max=1000" => Page(52, 1, hasMore: false),
            "/admin/streams/events/dead-letters?after=0&max=1000" => JsonSerializer.Serialize(
                new DeadLetterPage("events", [Letter(1, "000000000000abcd.1.58")], HasMore: true), AdminJson.Default.DeadLetterPage),
            // A page is not full where the letters are large.
            "/admin/streams/events/dead-letters?after=1&max=1000" => JsonSerializer.Serialize(
                new DeadLetterPage("events", [Letter(2, "000000000000abcd.1.59"), Letter(3, null)], HasMore: true), AdminJson.Default.DeadLetterPage),
            "/admin/streams/events/dead-letters?after=3&max=1000" => JsonSerializer.Serialize(
                new DeadLetterPage("events", [], HasMore: true), AdminJson.Default.DeadLetterPage),
            "/admin/streams/events/backlog" => JsonSerializer.Serialize(new BacklogStatus { Records = 7 }, AdminJson.Default.BacklogStatus),
            _ => "{}",
        }));

        var run = await VerifyAsync(endpoint, "--json", "--tier", tier.Url);

        Assert.Equal((1, 5, 5), (run.ExitCode, Count(run, "failed"), Count(run, "missing")));
        var notes = run.LastJson.GetProperty("notes").EnumerateArray().Select(static n => n.GetString()!).ToList();
        Assert.Contains("4 failures of the tier are not remembered: they count as missing.", notes);
        Assert.Contains("The tier has 7 records in its backlog, which may be among the missing.", notes);
        Assert.Contains("A record that failed was told to its caller, who may have put it again, under another number.", notes);

        static string Page(long first, int count, bool hasMore) => JsonSerializer.Serialize(
            new FailedRecordPage
            {
                Failures = [.. Enumerable.Range(0, count).Select(i => new FailedRecord
                {
                    Number = first - 49 + i, ErrorCode = "Expired", ProducerNumber = $"000000000000abcd.1.{first + i}",
                })],
                Next = first - 50 + count, HasMore = hasMore, Missed = hasMore ? 0 : 4,
            },
            AdminJson.Default.FailedRecordPage);

        static DeadLetterEntry Letter(long number, string? of) => new(number, "k", null, [], "Expired", null, default, default, of);
    }

    /// <summary>What answers as a tier, and never goes on in its lists, was asked for ever.</summary>
    [Fact]
    public async Task Verify_WhereTheListsOfATierDoNotGoOn_Ends()
    {
        await using var endpoint = await PlantedAsync([new(0, 10)]);
        await using var tier = await FakeTier.StartAsync(static async (request, context) => await FakeTier.RespondAsync(context, 200, request.Path switch
        {
            var failures when failures.Contains("/failures?", StringComparison.Ordinal) => JsonSerializer.Serialize(
                new FailedRecordPage { Failures = [], HasMore = true, Next = 0 }, AdminJson.Default.FailedRecordPage),
            var letters when letters.Contains("/dead-letters?", StringComparison.Ordinal) => JsonSerializer.Serialize(
                new DeadLetterPage("s", [new(0, "k", null, [], "Expired", null, default, default, null)], HasMore: true), AdminJson.Default.DeadLetterPage),
            _ => "{}",
        }));

        var run = await VerifyAsync(endpoint, "--json", "--tier", tier.Url).WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);

        Assert.Equal(10, Count(run, "records"));
        Assert.InRange(tier.Requests.Count(static r => r.Path.Contains("after=", StringComparison.Ordinal)), 2, 4);
    }

    /// <summary>A producer that ends leaves its last numbers in its folder: then all is known to its end.</summary>
    [Fact]
    public async Task Verify_WithTheFolderOfAProducerThatEnded_ProvesAllToItsEnd()
    {
        await using var endpoint = await Endpoint.StartAsync(4);
        using var folder = new TemporaryFolder();
        var lines = string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"line {i}\n"));
        var put = await CliRun.RunAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(lines)), ["put", "--endpoint", endpoint.Url, "--key", "random"],
            new() { ["Kpl__ProducerNumbers"] = "true", ["Kpl__Backlog__Directory"] = folder.Path });
        Assert.Equal(0, put.ExitCode);

        var run = await VerifyAsync(endpoint, "--json", "--backlog", folder.Path);
        var without = await VerifyAsync(endpoint, "--json");

        Assert.Equal((0, 2_000, 0, 0), (run.ExitCode, Count(run, "records"), Count(run, "missing"), Count(run, "lines_without_end")));
        Assert.Equal((1, 0, 0, 0), (Count(run, "producers"), Count(run, "lines_begun_before"), Count(run, "duplicates"), Count(run, "not_ours")));
        Assert.StartsWith("kpl: 2,000 records from 4 shards, in ", run.Error, StringComparison.Ordinal);
        Assert.True(run.LastJson.GetProperty("proof").GetBoolean());
        // The folder has the stream by its name, which nothing was found by where it was called by its ARN.
        const string arn = $"arn:aws:kinesis:us-east-1:000000000000:stream/{Endpoint.Stream}";
        var byArn = await VerifyAsync(endpoint, "--backlog", folder.Path, "--stream", arn);
        Assert.Contains(": nothing is missing\n", byArn.Text, StringComparison.Ordinal);
        Assert.Equal((0, false), (without.ExitCode, without.LastJson.GetProperty("proof").GetBoolean()));
        Assert.InRange(Count(without, "lines_without_end"), 1, 4);
    }

    /// <summary>Of three lines one is lost: a backlog may hold what is not there of another. What is known of the lost one, no backlog can have.</summary>
    [Fact]
    public async Task Verify_WhereABacklogMayHoldNumbers_SaysOfHowManyLines()
    {
        await using var endpoint = await PlantedAsync(new(0, 10), new(0, 10, Line: 2), new(0, 10, Line: 3));
        var lines = new LastNumbers { Lines = [Last(1, 11, isInBacklog: true), Last(2, 10), Last(3, 9, isInBacklog: true)] };
        await using var tier = await FakeTier.StartAsync(async (request, context) => await FakeTier.RespondAsync(context, 200, request.Path switch
        {
            "/admin/streams/events/numbers" => JsonSerializer.Serialize(lines, AdminJson.Default.LastNumbers),
            "/admin/streams/events/failures?after=0&max=1000" => JsonSerializer.Serialize(new FailedRecordPage(), AdminJson.Default.FailedRecordPage),
            "/admin/streams/events/backlog" => JsonSerializer.Serialize(new BacklogStatus { Records = 7 }, AdminJson.Default.BacklogStatus),
            _ => "{}",
        }));

        var run = await VerifyAsync(endpoint, "--json", "--tier", tier.Url);

        Assert.Equal((1, 1, 2, 1), (run.ExitCode, Count(run, "missing"), Count(run, "under_way"), Count(run, "lines_in_backlog")));
        var notes = run.LastJson.GetProperty("notes").EnumerateArray().Select(static n => n.GetString()!).ToList();
        Assert.Contains(notes, static n => n.StartsWith("A backlog may hold those of 1 line ", StringComparison.Ordinal));
        Assert.DoesNotContain(notes, static n => n.Contains("among the missing", StringComparison.Ordinal));

        static LastNumber Last(int line, long number, bool isInBacklog = false) => new()
        {
            ProducerNumber = $"{new ProducerNumber(PlantedStream.Producer, line, number)}", BegunAt = DateTimeOffset.UtcNow.AddMinutes(-2),
            GivenAt = DateTimeOffset.UtcNow.AddMinutes(-1), IsInBacklog = isInBacklog,
        };
    }

    /// <summary>What nobody read after the last number was lost all the same: the producer says how far it went.</summary>
    [Fact]
    public async Task Verify_WhereTheNewestRecordsAreLost_MissesThem()
    {
        await using var endpoint = await PlantedAsync(new(0, 100), new(0, 10, Line: 2));
        using var folder = new TemporaryFolder();
        var now = DateTimeOffset.UtcNow;
        Directory.CreateDirectory(Path.Combine(folder.Path, Endpoint.Stream));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, Endpoint.Stream, "numbers"), JsonSerializer.Serialize(
            new LastNumbers { Lines = [Last(1, 104), Last(3, 1)], Failed = ["000000000000abcd.1.101"], FailedBeyond = 2 }, AdminJson.Default.LastNumbers));

        var run = await VerifyAsync(endpoint, "--backlog", folder.Path);

        run.AssertOutput(1, ": 6 records missing\n\n");
        Assert.Contains("""
            what     producer          line     numbers
            missing  000000000000abcd     1         100
            missing  000000000000abcd     1  102 to 104
            missing  000000000000abcd     3      0 to 1
            failed   000000000000abcd     1         101

            producer          line  first  last  records  missing  failed  duplicates  out of order
            000000000000abcd     1      0   104      100        4       1           0             0
            000000000000abcd     3      0     1        0        2       0           0             0
            000000000000abcd     2      0     9       10        0       0           0             0

            """.ReplaceLineEndings("\n"), run.Text, StringComparison.Ordinal);
        Assert.Contains("1 line of which no producer told the last number: ", run.Text, StringComparison.Ordinal);
        Assert.Contains("2 failures of the tier are not remembered", run.Text, StringComparison.Ordinal);

        LastNumber Last(int line, long number) =>
            new() { ProducerNumber = $"{new ProducerNumber(PlantedStream.Producer, line, number)}", BegunAt = now.AddMinutes(-1), GivenAt = now };
    }

    /// <summary>Whoever may not read dead letters was told that they are missing, and not that somebody may.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Verify_WhereDeadLettersMayNotBeRead_SaysSo_IfThereAreAny(int letters)
    {
        await using var endpoint = await PlantedAsync(letters > 0 ? [new(0, 50), new(52, 10)] : [new(0, 62)]);
        await using var tier = await FakeTier.StartAsync(async (request, context) => await (request.Path switch
        {
            "/admin/streams/events/numbers" => FakeTier.RespondAsync(
                context, 200, JsonSerializer.Serialize(new LastNumbers(), AdminJson.Default.LastNumbers)),
            "/admin/streams/events/failures?after=0&max=1000" => FakeTier.RespondAsync(
                context, 200, JsonSerializer.Serialize(new FailedRecordPage { Failures = [] }, AdminJson.Default.FailedRecordPage)),
            "/admin/streams/events/backlog" => FakeTier.RespondAsync(
                context, 200, JsonSerializer.Serialize(new BacklogStatus { DeadLetters = letters }, AdminJson.Default.BacklogStatus)),
            "/admin/streams/events/dead-letters?after=0&max=1000" => FakeTier.RespondAsync(
                context, 403, """{"error_code":"AccessDenied","error_message":"key:reader may not administer events"}"""),
            _ => FakeTier.RespondAsync(context, 200, "{}"),
        }));

        var run = await VerifyAsync(endpoint, "--json", "--tier", tier.Url);

        Assert.Equal((letters > 0 ? 1 : 0, letters), (run.ExitCode, Count(run, "missing")));
        Assert.Equal(letters > 0 ? [tier.Url] : [], run.LastJson.GetProperty("not_covered").EnumerateArray().Select(static t => t.GetString()));
        Assert.Equal(letters > 0, run.LastJson.GetProperty("notes").ToString().Contains("key:reader may not administer events", StringComparison.Ordinal));
    }

    /// <summary>Of a silo that does not answer it is not known how far it gave numbers, though nothing is missing of what is known.</summary>
    [Fact]
    public async Task Verify_WhereASiloDidNotAnswer_SaysOfWhichNothingIsKnown()
    {
        await using var endpoint = await PlantedAsync([new(0, 10)]);
        await using var tier = await FakeTier.StartAsync(static async (request, context) => await FakeTier.RespondAsync(
            context, 200, request.Path == "/admin/streams/events/numbers"
                ? JsonSerializer.Serialize(new LastNumbers { NotCovered = ["10.0.0.2:11111"] }, AdminJson.Default.LastNumbers) : "{}"));

        var json = await VerifyAsync(endpoint, "--json", "--tier", tier.Url);
        var text = await VerifyAsync(endpoint, "--tier", tier.Url);

        Assert.Contains(": nothing is known to be missing\n", text.Text, StringComparison.Ordinal);
        Assert.Equal((1, 0, "10.0.0.2:11111"), (
            json.ExitCode, Count(json, "missing"), json.LastJson.GetProperty("not_covered").EnumerateArray().Single().GetString()));
        Assert.Contains(
            "1 silo of the tier did not answer: 10.0.0.2:11111. What was put there last is not known, nor what waits in a backlog there.", text.Text,
            StringComparison.Ordinal);
    }

    /// <summary>Nobody is there, or what is there does not tell: it was as if nobody had been named.</summary>
    [Theory]
    [InlineData(null, "the tier at http://127.0.0.1:1/ is not reachable: ")]
    [InlineData(401, "Unauthorized: who are you? (KPL_API_KEY, KPL_TOKEN_FILE).")]
    [InlineData(200, "it is no tier, or one of another version.")]
    public async Task Verify_WhereTheTierThatWasNamedDoesNotTell_SaysSo_AndEndsWithOne(int? status, string why)
    {
        await using var endpoint = await PlantedAsync([new(0, 10)]);
        await using var tier = await FakeTier.StartAsync(async (_, context) => await FakeTier.RespondAsync(
            context, status ?? 200, status is 401 ? """{"error_code":"Unauthorized","error_message":"who are you?"}""" : "<html>"));
        var url = status is null ? "http://127.0.0.1:1" : tier.Url;

        foreach (var run in new[]
        {
            await VerifyAsync(endpoint, "--tier", url, "--json"),
            await CliRun.RunAsync(
                Stream.Null, ["verify", "--endpoint", endpoint.Url, "--record-ttl", "100ms", "--json"], new() { ["KPL_TIER"] = url }),
        })
        {
            Assert.Equal((1, 0, false), (run.ExitCode, Count(run, "missing"), run.LastJson.GetProperty("proof").GetBoolean()));
            Assert.Equal(url, Assert.Single(run.LastJson.GetProperty("not_covered").EnumerateArray()).GetString());
            Assert.StartsWith(
                $"{url} did not tell all that it was asked, which records failed and the last numbers: {why}", run.LastJson.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        }

        Assert.Contains(": nothing is known to be missing\n", (await VerifyAsync(endpoint, "--admin", url)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithAFolderThatTellsSomethingElse_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, Endpoint.Stream));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, Endpoint.Stream, "numbers"), "no numbers");
        var run = await VerifyAsync(endpoint, "--backlog", folder.Path);
        run.AssertRefused(2, $"--backlog: what the backlog in {folder.Path} tells of the numbers of events cannot be read: ");
    }

    [Fact]
    public async Task Verify_OfATime_LeavesOutTheRest()
    {
        var time = new FakeTimeProvider();
        await using var endpoint = await Endpoint.StartAsync(1, time: time);
        using var planted = new PlantedStream(new Uri(endpoint.Url), Endpoint.Stream);
        await planted.PutAsync(new PlantedStream.Planted(5, 10));
        time.Advance(TimeSpan.FromSeconds(20));
        await planted.PutAsync(new(16, 4), new(21, 10));
        var between = endpoint.Kinesis.GetApplied(Endpoint.Stream).First().ArrivedAt.AddSeconds(10);
        time.Advance(TimeSpan.FromMinutes(2));

        var before = await VerifyAtAsync("--to");
        var after = await VerifyAtAsync("--from");

        Assert.Equal((1, 10, 5), (before.ExitCode, Count(before, "records"), Count(before, "missing")));
        Assert.Contains(before.LastJson.GetProperty("notes").EnumerateArray(), static n => n.GetString()!.EndsWith(
            " is not known. 1 of them went on: a run for a later time judges what follows.", StringComparison.Ordinal));
        Assert.DoesNotContain("went on", after.Text, StringComparison.Ordinal);
        Assert.Equal((1, 14, 2, 1), (after.ExitCode, Count(after, "records"), Count(after, "missing"), Count(after, "lines_begun_before")));

        Task<CliRun> VerifyAtAsync(string edge) => CliRun.RunAsync(
            Stream.Null, ["verify", "--endpoint", endpoint.Url, "--record-ttl", "1m", "--json", edge, between.ToString("O")], time: time);
    }

    [Theory]
    [InlineData("--from: 2999-01-01 00:00:00.000Z lies in the future", "--from", "2999-01-01")]
    [InlineData("--to: 2999-01-01 00:00:00.000Z lies in the future: without --to it is now", "--to", "2999-01-01")]
    [InlineData("--to: 2026-01-31 08:00:00.000Z is not after --from, which is 2026-01-31 09:00:00.000Z", "--from", "2026-01-31T09:00Z", "--to", "2026-01-31T08:00Z")]
    [InlineData("--from: 'latest' is neither start nor a time such as 2026-01-31T08:30:00Z", "--from", "latest")]
    [InlineData("--to: 'start' is no time such as 2026-01-31T08:30:00Z", "--to", "start")]
    [InlineData("--backlog: there is no folder /nowhere/at/all", "--backlog", "/nowhere/at/all")]
    [InlineData("--record-ttl: '30' has no unit: write 30ms or 30s; m, h and d are units too", "--record-ttl", "30")]
    [InlineData("--record-ttl: '30d' is no duration from 0ms to 24d, such as 30s or 5m", "--record-ttl", "30d")]
    public async Task Verify_OfNonsense_IsRefused(string told, params string[] arguments)
    {
        var run = await CliRun.RunAsync(["verify", "--endpoint", "http://127.0.0.1:1", .. arguments]);
        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.StartsWith($"kpl: {told}\n", run.Error, StringComparison.Ordinal);
    }

    /// <summary>The stream keeps its records for a day, and is three days old.</summary>
    [Theory]
    [InlineData("--from: {0} is longer ago than the stream keeps records, which is 1 d 0 h: 'start' takes all that are left", "--from", "{0}")]
    [InlineData("--from: {0} is longer ago than the stream keeps records, which is 1 d 0 h: 'start' takes all that are left", "--from", "{0}", "--to", "{1}")]
    [InlineData("--to: {0} is longer ago than the stream keeps records, which is 1 d 0 h: nothing of that time is left", "--to", "{0}")]
    public async Task Verify_OfATimeThatTheStreamDoesNotKeep_IsRefused(string told, params string[] arguments)
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        var time = new JumpingTime();
        time.Jump(TimeSpan.FromDays(3));
        object[] times = [Text(time.GetUtcNow().AddHours(-25)), Text(time.GetUtcNow().AddHours(-1))];

        var run = await CliRun.RunAsync(
            Stream.Null, ["verify", "--endpoint", endpoint.Url, .. arguments.Select(a => string.Format(CultureInfo.InvariantCulture, a, times))], time: time);

        run.AssertRefused(2, $"kpl: {string.Format(CultureInfo.InvariantCulture, told, times)}\n");

        static string Text(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z";
    }

    [Fact]
    public async Task Verify_WhenTheStreamDoesNotExist_SaysSo()
    {
        await using var endpoint = await Endpoint.StartAsync();
        (await VerifyAsync(endpoint, "--stream", "nope")).AssertError(3, "stream 'nope' does not exist");
    }

    /// <summary>Starts an endpoint of one shard, with these numbers in it.</summary>
    private static async Task<Endpoint> PlantedAsync(params PlantedStream.Planted[] runs)
    {
        var endpoint = await Endpoint.StartAsync(1);
        using var planted = new PlantedStream(new Uri(endpoint.Url), Endpoint.Stream);
        await planted.PutAsync(runs);
        return endpoint;
    }

    private static int Count(CliRun run, string name) => run.LastJson.GetProperty(name).GetInt32();

    private static Task<CliRun> VerifyAsync(Endpoint endpoint, params string[] more) =>
        CliRun.RunAsync(["verify", "--endpoint", endpoint.Url, "--record-ttl", "100ms", .. more]);
}
