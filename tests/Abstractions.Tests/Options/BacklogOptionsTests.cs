namespace Orleans.Kpl.Abstractions.Tests.Options;

public class BacklogOptionsTests
{
    private static readonly (string Key, string Value)[] BothModes = [("HighWaterMode", "Spill"), ("Streams:events:AckLevel", "Persisted")];

    [Theory]
    [InlineData(BacklogPlace.Directory)]
    [InlineData(BacklogPlace.SiloDirectory)]
    public void Read_WhenThereIsNoBacklog_RefusesWhatNeedsItAndSaysWhatWouldHelp(BacklogPlace place)
    {
        var errors = Read(place, BothModes).Errors;

        Assert.Equal(2, errors.Count);
        Assert.StartsWith("Kpl:HighWaterMode is 'Spill': it needs the durable backlog; set Kpl:Backlog:Directory to a folder", errors[0], StringComparison.Ordinal);
        Assert.StartsWith("Kpl:Streams:events:AckLevel is 'Persisted': it needs the durable backlog; set Kpl:Backlog:Directory to a folder", errors[1], StringComparison.Ordinal);
        Assert.All(errors, e => Assert.Equal(place == BacklogPlace.SiloDirectory, e.Contains("Kpl:Cluster:Membership to dynamodb", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(BacklogPlace.Directory, true)]
    [InlineData(BacklogPlace.SiloDirectory, true)]
    [InlineData(BacklogPlace.Table, false)]
    [InlineData(BacklogPlace.Tier, false)]
    public void Read_WhenThereIsABacklog_TakesBoth(BacklogPlace place, bool withDirectory)
    {
        var report = Read(place, withDirectory ? [.. BothModes, ("Backlog:Directory", "backlog")] : BothModes);

        Assert.Empty(report.Errors);
        Assert.Empty(report.Warnings);
        Assert.Equal(HighWaterMode.Spill, report.Options.GetStream("other").HighWaterMode);
    }

    [Theory]
    [InlineData(BacklogPlace.Table, "a DynamoDB table")]
    [InlineData(BacklogPlace.Tier, "the silos have the backlog")]
    public void Read_WhenTheBacklogIsElsewhere_SaysThatTheDirectoryHasNoEffect(BacklogPlace place, string reason)
    {
        var report = Read(place, ("Backlog:Directory", "backlog"));

        Assert.Empty(report.Errors);
        Assert.Contains(reason, Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenManyAreWrong_TellsAllAtOnce()
    {
        var errors = Read(
            BacklogPlace.Directory, ("Backlog:Sync", "sometimes"), ("Backlog:CommitDelay", "2s"), ("Backlog:WriteUnitPrice", "-1"),
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

    private static KplOptionsReport Read(BacklogPlace place, params (string Key, string Value)[] settings) =>
        KplSettings.Read(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)), place);
}
