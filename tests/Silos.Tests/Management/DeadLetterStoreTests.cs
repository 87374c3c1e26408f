using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class DeadLetterStoreTests
{
    private readonly MemoryBacklogStore _store = new();
    private readonly FakeTimeProvider _time = new();

    /// <summary>
    /// A silo gives up after two minutes, and reports the same records under another id. Once the store took writes again, each of those reports was kept.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_WhichTheStoreDoesNotTake_FailsInTime_AndLeavesNothing(bool answers)
    {
        await using var letters = new DeadLetterStore("events", _store, new FailureList(_time.GetUtcNow(), new FailureMemory()), new RecordingEvents(), _time);
        Assert.Equal(0, await letters.CountAsync());
        _store.IsDown = answers;
        if (!answers)
            _store.Hang();
        for (var report = 0; report < 3; report++)
        {
            var adding = letters.AddAsync(NewReport());
            var began = _time.GetUtcNow();
            await Waiting.UntilAsync(() => Passes(adding.IsCompleted));
            Assert.IsType<BacklogStoreException>(adding.Exception?.InnerException);
            Assert.InRange(_time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }

        _store.IsDown = false;
        _store.Release();
        var last = NewReport();
        await letters.AddAsync(last);
        await letters.AddAsync(last);

        Assert.Equal(1, await letters.CountAsync());
        Assert.Single(await letters.ListAsync(0, 10));
    }

    private DeadLetterBatch NewReport() => new(
        Guid.NewGuid(),
        [
            new DeadLetter
            {
                Record = UserRecord.FromText("key", "text"), ErrorCode = "InvalidArgument", PersistedAt = _time.GetUtcNow(), SetAsideAt = _time.GetUtcNow(),
            },
        ],
        "silo");

    private bool Passes(bool isReached)
    {
        if (!isReached)
            _time.Advance(TimeSpan.FromSeconds(1));
        return isReached;
    }
}
