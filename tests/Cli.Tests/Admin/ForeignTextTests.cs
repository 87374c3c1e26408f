using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Heat;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <summary>Whoever puts records chooses their keys, and a terminal carries out what is in them: a title, or text that hides a line.</summary>
public sealed class ForeignTextTests
{
    private const string Key = "a\u001b]0;b\u0007\r\nc";

    [Fact]
    public void DeadLetters_HaveNoControlCharacters()
    {
        var letter = new DeadLetterEntry(7, Key, null, [], "Code", Key, default, default);
        Check(BacklogTables.Of(letter));
        Check(BacklogTables.Of(new DeadLetterPage("events", [letter])));
    }

    [Fact]
    public void HotKeys_HaveNoControlCharacters()
    {
        var shard = new ShardStatus { ShardId = "shardId-000000000000", HotKeys = [new HotKeyStatus { HashKey = 1, Share = 0.9, PartitionKey = Key }] };
        Check(AdminTables.Of(new StreamOverview { Stream = "events", Arn = "", Status = "ACTIVE", Shards = [shard] }));
        var column = new HeatColumn
        {
            Minutes = 1, KiBPerSecond = [.. Enumerable.Repeat(1f, 128)], Utilisation = new float[128], HotKeys = [new HeatKey { PartitionKey = Key }],
        };
        var heat = new StreamHeat { Stream = "events", Rows = 128, ColumnSeconds = 60, Columns = [column], Shards = [] };
        Check(new HeatText(heat, HeatColours.For(CliRun.Console()), 80).Make());
    }

    [Fact]
    public void Explanations_HaveNoControlCharacters()
    {
        var failure = new FailedRecord
        {
            ErrorCode = "Code", ErrorMessage = Key, AttemptCount = 1, Attempts = [new Attempt { ErrorCode = "Code", ErrorMessage = Key }],
        };
        Check(ExplainText.Of(new RecordExplanation { Stream = "events", MapVersion = "", Failure = failure, Findings = [$"Another key, {Key}, carries it."] }));
        Check(ExplainText.Of([new FailedRecordPage { Failures = [failure] }], 1));
    }

    /// <summary>What ended an operation, or keeps it from beginning, may be Kinesis' own message.</summary>
    [Fact]
    public void Operations_HaveNoControlCharacters()
    {
        Check(AdminTables.Of(new ShardPlan { Method = ReshardMethod.Plan, Steps = [], Result = [], Reasons = [Key], Obstacles = [Key] }));
        OperationEvent[] events = [new() { At = default, Text = Key }];
        Check(AdminTables.Of([new StreamOperation { Kind = default, State = default, StartedAt = default, Reason = Key, Events = events }]));
    }

    /// <summary>What a tier answers is often Kinesis' own message.</summary>
    [Fact]
    public async Task Refusals_HaveNoControlCharacters()
    {
        var error = System.Text.Json.JsonSerializer.Serialize(new { error_code = "Code", error_message = Key });
        await using var tier = await FakeTier.StartAsync(404, error);
        Check((await CliRun.RunAsync("shards", "--tier", tier.Url)).Error.ReplaceLineEndings("\n"));
    }

    private static void Check(string text)
    {
        Assert.DoesNotContain(text, static c => char.IsControl(c) && c != '\n');
        // Nor has a key a line of its own.
        Assert.DoesNotContain("\nc", text, StringComparison.Ordinal);
    }
}
