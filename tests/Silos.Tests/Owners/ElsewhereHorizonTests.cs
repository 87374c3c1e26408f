using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>No more goes to a shard's owner than the shard takes in half of the time-to-live; each record that ends, or comes back, makes room.</summary>
/// <remarks>Tests <see cref="ShardHorizon"/>, <see cref="FrameQueue"/> and <see cref="OutgoingFrame"/>.</remarks>
public sealed class ElsewhereHorizonTests : IAsyncDisposable
{
    private const int Size = 5_000;

    /// <summary>15 seconds of a tenth of a shard.</summary>
    private const int Room = 15 * 104_857 / (Size + 3);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private OwnersHarness _silo = new(configure: static o => o.RateLimit = 10);

    private FakeLink There => _silo.Cluster.Link;

    [Fact]
    public async Task AShard_TakesWhatItsOwnerSendsInTime_AndTheNextCallerWaits()
    {
        await _silo.Stream.ReadMapAsync();
        var puts = Fill();

        Assert.Equal(Room + 1, puts.Count(static p => p.IsCompleted));
    }

    /// <summary>Their bytes alone said that the shard takes ten times as many.</summary>
    [Fact]
    public async Task AShard_WhoseRecordsAreEachAlone_TakesAsManyAsItsOwnerSendsInTime()
    {
        await _silo.DisposeAsync();
        _silo = new OwnersHarness(configure: static o => (o.RateLimit, o.AggregationEnabled) = (10, false));
        await _silo.Stream.ReadMapAsync();
        var puts = Fill(1_600, size: 10);

        Assert.InRange(puts.Count(static p => p.IsCompleted), 1_500, 1_501);
    }

    /// <summary>Each of the ways in which records leave.</summary>
    [Theory]
    [InlineData(nameof(TellAsync))]
    [InlineData(nameof(LoseOwnerAsync))]
    [InlineData(nameof(GiveBackAsync))]
    [InlineData(nameof(PassTimeAsync))]
    [InlineData(nameof(OpenHereAsync))]
    [InlineData(nameof(ReshardAsync))]
    public async Task ACaller_ThatWaits_IsLetInByRecordsThatLeave_WhateverTheirWay(string way)
    {
        _silo.Cluster.IsSilent = way is nameof(OpenHereAsync);
        await _silo.Stream.ReadMapAsync();
        var puts = Fill();
        if (!_silo.Cluster.IsSilent)
            await PassUntilAsync(() => There.Keys.Count > 10);
        await (way switch
        {
            nameof(TellAsync) => TellAsync(),
            nameof(LoseOwnerAsync) => LoseOwnerAsync(),
            nameof(GiveBackAsync) => GiveBackAsync(),
            nameof(PassTimeAsync) => PassTimeAsync(),
            nameof(OpenHereAsync) => OpenHereAsync(),
            _ => ReshardAsync(),
        });

        await PassUntilAsync(() => puts.All(static p => p.IsCompleted));
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    /// <summary>Puts a little more than there is room for.</summary>
    private List<Task<EnqueuedRecord>> Fill(int records = Room + 50, int size = Size) =>
        [.. Enumerable.Range(100, records).Select(i => _silo.Producer.EnqueueAsync(LinkHarness.Stream, new UserRecord($"{i}", new byte[size])).AsTask())];

    private async Task TellAsync()
    {
        for (var told = 0; told < Room; told += There.Records.Count)
        {
            await PassUntilAsync(() => There.Records.Count > 0);
            RecordsFrame[] frames = [.. There.Records];
            There.Clear();
            foreach (var frame in frames)
            {
                for (var i = 0; i < PackedRecords.Parse(frame.Records).Count; i++, told++)
                    _silo.Tell(_silo.Cluster.Owner, frame.First + i, RecordResult.Delivered(FakeKinesis.FirstShard, "1", i, []));
            }
        }
    }

    private Task LoseOwnerAsync()
    {
        _silo.Owners.OnLost(_silo.Cluster.Owner);
        return TellAsync();
    }

    private async Task GiveBackAsync()
    {
        var frame = There.Records[0];
        for (var i = 0; i < PackedRecords.Parse(frame.Records).Count; i++)
            _silo.Tell(_silo.Cluster.Owner, frame.First + i, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, null, null, []));
        await TellAsync();
    }

    /// <summary>The owner never answers.</summary>
    private Task PassTimeAsync()
    {
        var began = _silo.Time.GetTimestamp();
        return _silo.Time.PassUntilAsync(() => _silo.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(0.5));
    }

    private Task OpenHereAsync()
    {
        _silo.Stream.Shards.Open(FakeKinesis.FirstShard, null);
        return Task.CompletedTask;
    }

    private async Task ReshardAsync()
    {
        _silo.Kinesis.Reshard(FakeKinesis.Even(2, 1));
        await _silo.Stream.ReadMapAsync();
        await TellAsync();
    }

    private Task PassUntilAsync(Func<bool> isSo) => _silo.Time.PassUntilAsync(isSo, Step).WaitAsync(Waiting.Long);
}
