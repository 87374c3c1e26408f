using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Http.Tests.Serving;
using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

/// <remarks>Tests <see cref="StreamWatch"/>, <see cref="PulseText"/>, <see cref="WatchReader"/> and <see cref="CallLatency"/> too.</remarks>
public sealed class TierWatchTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTierView _view = new();
    private readonly FakeHttpProducer _producer = new() { OwnHealth = new() { MissingStreams = ["clicks"] } };
    private readonly TierWatch _watch;

    public TierWatchTests() =>
        _watch = new TierWatch(_view, new FakeStreamAdmin(), new FakeBacklog(), _producer, _time, NullLogger<TierWatch>.Instance);

    [Fact]
    public async Task Readers_OfOneStream_ShareOneLook()
    {
        var bothAreThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _view.Open = bothAreThere.Task;
        var (one, two) = (_watch.TryAdd("orders")!, _watch.TryAdd("orders")!);
        bothAreThere.SetResult();

        var first = await one.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);
        Assert.Same(first, await two.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long));
        // Health walks over all streams: once it was asked for each reader.
        Assert.Equal(1, _producer.HealthLooks);
        Assert.Equal(["clicks"], first.Missing);
        await NextAsync(one);
        Assert.Equal(1, _watch.Looks);
    }

    [Fact]
    public async Task Look_EndsWithItsLastReader()
    {
        var reader = _watch.TryAdd("")!;
        await reader.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);
        _watch.Remove("", reader);
        await _time.PassUntilAsync(() => _watch.Looks == 0, TimeSpan.FromSeconds(1));
        var looks = _view.Looks;
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(looks, _view.Looks);
    }

    /// <summary>Looked at once before it was created, it was said not to exist for as long as the process ran.</summary>
    [Fact]
    public async Task AMissingStream_IsForgotten_WhenNobodyLooksAtItAnyMore()
    {
        var watch = new TierWatch(_view, new MissingStreamAdmin(), new FakeBacklog(), _producer, _time, NullLogger<TierWatch>.Instance);
        var reader = watch.TryAdd("soon")!;
        var frame = await reader.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);
        Assert.Equal(["soon", "clicks"], frame.Missing);

        watch.Remove("soon", reader);
        await _time.PassUntilAsync(() => watch.Looks == 0, TimeSpan.FromSeconds(1));
        Assert.Equal(["clicks"], watch.Missing());
    }

    /// <summary>Nothing piles up for a reader that does not read, and the others go on.</summary>
    [Fact]
    public async Task Reader_ThatIsTooSlow_IsCutOff()
    {
        var (slow, quick) = (_watch.TryAdd("orders")!, _watch.TryAdd("orders")!);
        await quick.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);
        for (var i = 0; i < 6; i++)
            await NextAsync(quick);
        Assert.True(slow.Cut.IsCancellationRequested);
        Assert.False(quick.Cut.IsCancellationRequested);
    }

    [Fact]
    public void TryAdd_BeyondTheMost_IsRefused()
    {
        var readers = Enumerable.Range(0, TierWatch.MostReaders).Select(i => _watch.TryAdd($"stream-{i}")).ToList();
        Assert.DoesNotContain(null, readers);
        Assert.Null(_watch.TryAdd("one-more"));
        _watch.Remove("stream-0", readers[0]!);
        Assert.NotNull(_watch.TryAdd("one-more"));
    }

    /// <summary>A page that was opened in an outage had no shards, though the processes knew those they send by.</summary>
    [Fact]
    public async Task AStream_ThatCannotBeListed_HadNoShards_AndTellsTheTroubleAndTheCounts()
    {
        var reader = _watch.TryAdd("orders")!;
        var frame = await reader.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);

        var shard = Assert.Single(JsonDocument.Parse(Encoding.UTF8.GetString(frame.Map!)).RootElement.GetProperty("shards").EnumerateArray());
        Assert.Equal(("shard-0", "0", "9"), (shard.GetProperty("id").GetString(), shard.GetProperty("from").GetString(), shard.GetProperty("to").GetString()));
        var pulse = JsonDocument.Parse(Encoding.UTF8.GetString(frame.Pulse!)).RootElement;
        Assert.Equal(JsonValueKind.Null, pulse.GetProperty("shards_as_of").ValueKind);
        Assert.Equal(1, pulse.GetProperty("utilisation").GetArrayLength());
        Assert.StartsWith("UnknownShard: ", pulse.GetProperty("trouble").GetString(), StringComparison.Ordinal);
        Assert.True(pulse.GetProperty("ledger").GetProperty("accepted").GetInt64() > 0);
    }

    /// <summary>While the manager waited for a silo that does not answer, the counts were shown as if nobody's were missing.</summary>
    [Fact]
    public async Task Pulse_WhileTheManagerTellsNoCounts_NamesTheSilosWithoutWhichTheyAre()
    {
        var backlog = new FakeBacklog { Defect = new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable, "no answer") };
        using var watch = new StreamWatch("orders", new ListedStream(), backlog, _time);
        var frame = await watch.LookAsync([.. await _view.ReportAsync("orders", default), ProcessReport.Lost("S3", _time.GetUtcNow())]);
        var missing = JsonDocument.Parse(Encoding.UTF8.GetString(frame.Pulse!)).RootElement.GetProperty("not_covered").EnumerateArray();
        Assert.Equal(["S2 silent", "S3 gone"], missing.Select(static m => $"{m.GetProperty("process")} {m.GetProperty("state")}"));
    }

    /// <summary>The processes tell of it by its name: under its ARN nothing was sent, nothing waited, and no failure was read.</summary>
    [Fact]
    public async Task AStream_AskedForByItsArn_TellsWhatItsNameHas()
    {
        var watch = new TierWatch(_view, new ListedStream(), new FakeBacklog(), _producer, _time, NullLogger<TierWatch>.Instance);
        var reader = watch.TryAdd(ListedStream.Arn)!;
        var frame = await reader.Frames.ReadAsync().AsTask().WaitAsync(Waiting.Long);
        var pulse = JsonDocument.Parse(Encoding.UTF8.GetString(frame.Pulse!)).RootElement;
        Assert.Equal((ListedStream.Arn, 0.5), (pulse.GetProperty("stream").GetString(), pulse.GetProperty("oldest_seconds").GetDouble()));
        await NextAsync(reader);
        Assert.Equal("orders", _view.Asked);
    }

    /// <summary>Readers kept the shards of a stream that was deleted while they looked, as open ones.</summary>
    [Fact]
    public async Task AStream_DeletedWhileItIsLookedAt_HasAMapWithoutShards()
    {
        var admin = new ListedStream();
        using var watch = new StreamWatch("orders", admin, new FakeBacklog(), _time);
        Assert.Equal(1, ShardsOf(await watch.LookAsync(await _view.ReportAsync("orders", default))));

        admin.IsDeleted = true;
        _time.Advance(TimeSpan.FromSeconds(10));
        var frame = await watch.LookAsync(await _view.ReportAsync("orders", default));
        Assert.Equal(0, ShardsOf(frame));
        Assert.Equal(0, JsonDocument.Parse(Encoding.UTF8.GetString(frame.Pulse!)).RootElement.GetProperty("utilisation").GetArrayLength());

        static int ShardsOf(WatchFrame frame) => JsonDocument.Parse(Encoding.UTF8.GetString(frame.Map!)).RootElement.GetProperty("shards").GetArrayLength();
    }

    private sealed class MissingStreamAdmin : FakeStreamAdmin
    {
        public override Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) =>
            throw new StreamManagerException(RecordErrorCodes.ResourceNotFound, "no such stream");
    }

    private async Task NextAsync(WatchReader reader)
    {
        var next = reader.Frames.ReadAsync().AsTask();
        // The look may not wait for its next second yet.
        await _time.PassUntilAsync(() => next.IsCompleted, TimeSpan.FromSeconds(1));
        await next;
    }
}
