namespace Orleans.Kpl.Abstractions.Tests.Options;

public class BacklogOptionsTests
{
    private static readonly (string Key, string Value)[] BothModes = [("HighWaterMode", "Spill"), ("Streams:events:AckLevel", "Persisted")];

    [Theory]
    [InlineData(nameof(BacklogHost.Embedded))]
    [InlineData(nameof(BacklogHost.LocalSilo))]
    public void Read_WhenThereIsNoBacklog_RefusesWhatNeedsItAndSaysWhatWouldHelp(string host)
    {
        var errors = Read(host, BothModes).Errors;

        Assert.Equal(2, errors.Count);
        Assert.StartsWith("Kpl:HighWaterMode is 'Spill': it needs the durable backlog; set Kpl:Backlog:Directory to a folder", errors[0], StringComparison.Ordinal);
        Assert.StartsWith("Kpl:Streams:events:AckLevel is 'Persisted': it needs the durable backlog; set Kpl:Backlog:Directory to a folder", errors[1], StringComparison.Ordinal);
        Assert.All(errors, e =>
            Assert.Equal(host == nameof(BacklogHost.LocalSilo), e.Contains("Kpl:Cluster:Membership to dynamodb", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(nameof(BacklogHost.Embedded), true)]
    [InlineData(nameof(BacklogHost.LocalSilo), true)]
    [InlineData(nameof(BacklogHost.ClusterSilo), false)]
    [InlineData(nameof(BacklogHost.ClusterClient), false)]
    public void Read_WhenThereIsABacklog_TakesBoth(string host, bool withDirectory)
    {
        var report = Read(host, withDirectory ? [.. BothModes, ("Backlog:Directory", "backlog")] : BothModes);

        Assert.Empty(report.Errors);
        Assert.Empty(report.Warnings);
        Assert.Equal(HighWaterMode.Spill, report.Options.GetStream("other").HighWaterMode);
    }

    [Theory]
    [InlineData(nameof(BacklogHost.ClusterSilo), "a DynamoDB table")]
    [InlineData(nameof(BacklogHost.ClusterClient), "the silos have the backlog")]
    public void Read_WhenTheBacklogIsElsewhere_SaysThatTheDirectoryHasNoEffect(string host, string reason)
    {
        var report = Read(host, ("Backlog:Directory", "backlog"));

        Assert.Empty(report.Errors);
        Assert.Contains(reason, Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenManyAreWrong_TellsAllAtOnce()
    {
        var errors = Read(
            nameof(BacklogHost.Embedded), ("Backlog:Sync", "sometimes"), ("Backlog:CommitDelay", "2s"), ("Backlog:WriteUnitPrice", "-1"),
            ("BacklogMaxBytes", "1"), ("Streams:events:BacklogMaxAge", "0"), ("AckLevel", "Persisted"), ("Backlog:Direktory", "x")).Errors;

        string[] parts =
        [
            "Kpl:Backlog:Sync is 'sometimes'", "Kpl:Backlog:CommitDelay is '2s'", "Kpl:Backlog:WriteUnitPrice is '-1'", "Kpl:BacklogMaxBytes is '1'",
            "Kpl:Streams:events:BacklogMaxAge is '0'", "Kpl:AckLevel is 'Persisted'", "Kpl:Backlog:Direktory is not known; the nearest is Kpl:Backlog:Directory",
        ];
        Assert.All(parts, part => Assert.Contains(errors, e => e.StartsWith(part, StringComparison.Ordinal)));
        Assert.Equal(parts.Length, errors.Count);
    }

    [Fact]
    public void Snapshot_WhenTheBacklogChangesLater_KeepsItsOwn()
    {
        var options = new KplOptions { Backlog = { Directory = "a" } };
        var copy = options.Snapshot();
        options.Backlog.Directory = "b";
        Assert.Equal("a", copy.Backlog.Directory);
        Assert.Throws<ArgumentNullException>(() => options.Backlog = null!);
    }

    /// <summary>Of two producers in two regions, one was made by a copy of the other's options: both went to the copy's region.</summary>
    [Fact]
    public void Clone_OfAProcessOptions_SharesNothingWithThem()
    {
        var options = new KplOptions { Kinesis = { Region = "us-east-1" } }.ForStream("events", static s => s.MaxAttempts = 3);
        KplOptions copy = options.Clone();
        (copy.Kinesis.Region, copy.Backlog.Directory, copy.Metrics.Namespace, copy.RateLimit) = ("eu-west-1", "b", "other", 50);
        copy.ForStream("events", static s => s.MaxAttempts = 7).ForStream("clicks", static s => s.MaxAttempts = 9);

        Assert.Equal(
            ("us-east-1", null, "KinesisProducerLibrary", 100),
            (options.Kinesis.Region, options.Backlog.Directory, options.Metrics.Namespace, options.RateLimit));
        Assert.Equal(["events"], options.ConfiguredStreams);
        Assert.Equal((3, 7), (options.GetStream("events").MaxAttempts, copy.GetStream("events").MaxAttempts));
    }

    /// <summary>A dimension that a program added to its list after the start was uploaded, whatever it was.</summary>
    [Fact]
    public void Clone_OfLists_IsNotChangedWithThem()
    {
        List<string> names = ["CloudWatch"];
        List<KeyValuePair<string, string>> dimensions = [new("env", "prod")];
        var metrics = new MetricsOptions
        {
            Sinks = names, Meters = names, Dimensions = dimensions, StreamDimensions = dimensions, ShardDimensions = dimensions,
        };
        var copy = new KplOptions { Metrics = metrics, Otlp = { Sources = names } }.Clone();
        names.Add("Datadog");
        dimensions.Add(new("team", "orders"));

        Assert.Equal([1, 1, 1], [copy.Metrics.Sinks!.Count, copy.Metrics.Meters.Count, copy.Otlp.Sources.Count]);
        Assert.Equal(3, copy.Metrics.AllDimensions.Count());
    }

    [Fact]
    public void Snapshot_OfWhatChangesAStream_RunsItOnce_AndWhatComesLaterToo()
    {
        var runs = 0;
        var copy = new KplOptions().ForStream("events", s => s.RoleSessionName = $"run-{++runs}").Snapshot();

        Assert.Equal("run-1", copy.GetStream("events").RoleSessionName);
        copy.GetStream("events").RoleSessionName = "of a copy";
        Assert.Equal("run-1", copy.Snapshot().GetStream("events").RoleSessionName);
        Assert.Null(copy.GetStream("others").RoleSessionName);
        Assert.Equal(7, copy.ForStream("events", static s => s.MaxAttempts = 7).GetStream("events").MaxAttempts);
    }

    private static OptionsReport<KplOptions> Read(string host, params (string Key, string Value)[] settings) =>
        KplSettings.Read(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)), Enum.Parse<BacklogHost>(host));
}
