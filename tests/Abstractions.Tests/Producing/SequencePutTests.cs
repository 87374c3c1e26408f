using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Orleans.Kpl.Abstractions.Tests.Producing;

public sealed class SequencePutTests
{
    /// <summary>The most records without a result that was read.</summary>
    private const int MostAhead = 50_000;

    private readonly FakeKplProducer _producer = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(1_777)]
    public async Task Results_OfASequence_AreInItsOrder(int count)
    {
        _producer.Answer = static r => FakeAnswer.Failed(r.Text);

        // Every seventh record is invalid, and every hundredth comes later.
        var results = await _producer.PutAsync("events", RecordsAsync(count), cancellationToken: Cancelled).ToListAsync(Cancelled);

        Assert.Equal(Enumerable.Range(0, count).Select(i => i % 7 == 3 ? RecordErrorCodes.InvalidPartitionKey : $"{i}"), results.Select(r => r.ErrorCode));

        static async IAsyncEnumerable<UserRecord> RecordsAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (i % 100 == 99)
                    await Task.Yield();
                yield return UserRecord.FromText(i % 7 == 3 ? "" : "key", $"{i}");
            }
        }
    }

    [Fact]
    public async Task ARecord_ThatNoneFollowsYet_IsPutAtOnce()
    {
        var source = Channel.CreateUnbounded<UserRecord>();
        await using var results = Put(source.Reader.ReadAllAsync(Cancelled), Cancelled);
        for (var i = 0; i < 3; i++)
        {
            source.Writer.TryWrite(UserRecord.FromText("key", $"{i}"));
            Assert.True(await results.MoveNextAsync());
            Assert.True(results.Current.IsSuccess);
        }

        source.Writer.Complete();
        Assert.False(await results.MoveNextAsync());
    }

    [Fact]
    public async Task AnEndlessSequence_IsReadOnlySoFarAhead()
    {
        var read = 0;
        _producer.Hold();
        await using var results = Put(EndlessAsync(() => read++), Cancelled);
        var first = results.MoveNextAsync();

        await _producer.WaitForRecordsAsync(MostAhead, cancellationToken: Cancelled);
        Assert.Equal((MostAhead, MostAhead), (read, _producer.Records.Count));

        _producer.Release();
        Assert.True(await first);
        // Each result that is read makes one more record be read.
        Assert.True(await results.MoveNextAsync());
        await _producer.WaitForRecordsAsync(MostAhead + 1, cancellationToken: Cancelled);
    }

    /// <summary>Or else five hundred of them would wait for memory beside what the producer has.</summary>
    [Fact]
    public async Task LargeRecords_AreAcceptedBeforeMoreAreRead()
    {
        var acceptedWhenRead = new List<int>();
        Assert.Equal(6, await _producer.PutAsync("events", LargeAsync(), cancellationToken: Cancelled).CountAsync(Cancelled));
        Assert.Equal([0, 0, 0, 0, 4, 4], acceptedWhenRead);

        async IAsyncEnumerable<UserRecord> LargeAsync()
        {
            await Task.CompletedTask;
            for (var i = 0; i < 6; i++)
            {
                acceptedWhenRead.Add(_producer.Records.Count);
                yield return new UserRecord("key", new byte[300 << 10]);
            }
        }
    }

    [Fact]
    public async Task Cancelling_GivesTheResultsOfAllThatWasAccepted_AndThenThrows()
    {
        _producer.Hold();
        var source = Channel.CreateUnbounded<UserRecord>();
        for (var i = 0; i < 10; i++)
            source.Writer.TryWrite(UserRecord.FromText("key", $"{i}"));
        using var stop = new CancellationTokenSource();
        await using var results = Put(DeafAsync(), stop.Token);
        var first = results.MoveNextAsync();
        await _producer.WaitForRecordsAsync(10, cancellationToken: Cancelled);
        await stop.CancelAsync();
        source.Writer.TryWrite(UserRecord.FromText("key", "late"));
        _producer.Release();

        Assert.True(await first);
        for (var i = 1; i < 10; i++)
            Assert.True(await results.MoveNextAsync());
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await results.MoveNextAsync());
        Assert.Equal(stop.Token, error.CancellationToken);
        Assert.Equal(10, _producer.Records.Count);

        // It does not know of the token, and gives one more record after it.
        async IAsyncEnumerable<UserRecord> DeafAsync()
        {
            while (true)
                yield return await source.Reader.ReadAsync(Cancelled);
        }
    }

    [Fact]
    public async Task Cancelling_ReachesTheSequenceAndTheWaitForMemory()
    {
        using var stop = new CancellationTokenSource();
        _producer.IsFull = true;
        var asked = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        var all = Task.Run(() => _producer.PutAsync("events", TwoAsync(), cancellationToken: stop.Token).CountAsync().AsTask(), Cancelled);
        await asked.Task.WaitAsync(Cancelled);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        await ended.Task.WaitAsync(Cancelled);
        Assert.Empty(_producer.Records);

        async IAsyncEnumerable<UserRecord> TwoAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return UserRecord.FromText("key", "1");
                asked.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            finally
            {
                ended.SetResult();
            }
        }
    }

    [Fact]
    public async Task WithCancellation_OfTheResults_CancelsToo()
    {
        using var stop = new CancellationTokenSource();
        var count = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _producer.PutAsync("events", EndlessAsync()).WithCancellation(stop.Token))
            {
                if (++count == 5)
                    await stop.CancelAsync();
            }
        });
        Assert.Equal(count, _producer.Records.Count);
    }

    [Fact]
    public async Task ASequenceThatThrows_HasWhatItGavePut_AndThenThrows()
    {
        var results = new List<RecordResult>();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var result in _producer.PutAsync("events", BrokenAsync(), cancellationToken: Cancelled))
                results.Add(result);
        });

        Assert.Equal(("the file ends", 3), (error.Message, results.Count(r => r.IsSuccess)));

        static async IAsyncEnumerable<UserRecord> BrokenAsync()
        {
            for (var i = 0; i < 3; i++)
                yield return UserRecord.FromText("key", $"{i}");
            await Task.CompletedTask;
            throw new InvalidOperationException("the file ends");
        }
    }

    [Fact]
    public async Task LeavingTheLoop_StopsReadingAndLosesNoAcceptedRecord()
    {
        var isOver = false;
        // The first batches end, the others do not.
        _producer.Answer = static r => FakeAnswer.Delivered with { IsHeld = r.Text.Length > 3 };
        await foreach (var result in _producer.PutAsync("events", EndlessAsync(onEnd: () => isOver = true), cancellationToken: Cancelled))
        {
            Assert.True(result.IsSuccess);
            break;
        }

        Assert.True(isOver);
        var accepted = _producer.Records;
        _producer.Release();
        Assert.Equal(accepted.Count, (int)_producer.GetLedger("events").Delivered);
    }

    /// <summary>Its exception came only when the sequence had something more to give.</summary>
    [Fact]
    public async Task AProducerThatIsDisposed_Throws_WhileTheSequenceHasNothingMoreYet()
    {
        await _producer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _producer.PutAsync("events", ThenSilentAsync()).CountAsync(Cancelled));
    }

    [Fact]
    public void Put_OfNoSequence_ThrowsAtOnce()
    {
        Assert.Throws<ArgumentNullException>(() => _producer.PutAsync("events", (IAsyncEnumerable<UserRecord>)null!));
        Assert.Throws<ArgumentNullException>(() => _producer.PutAsync(null!, EndlessAsync()));
        Assert.Throws<ArgumentNullException>(() => KplProducerExtensions.PutAsync(null!, "events", EndlessAsync()));
    }

    private static async IAsyncEnumerable<UserRecord> ThenSilentAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return UserRecord.FromText("key", "0");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static async IAsyncEnumerable<UserRecord> EndlessAsync(Action? onRead = null, Action? onEnd = null)
    {
        await Task.CompletedTask;
        try
        {
            for (var i = 0; ; i++)
            {
                onRead?.Invoke();
                yield return UserRecord.FromText("key", $"{i}");
            }
        }
        finally
        {
            onEnd?.Invoke();
        }
    }

    private IAsyncEnumerator<RecordResult> Put(IAsyncEnumerable<UserRecord> records, CancellationToken cancellationToken) =>
        _producer.PutAsync("events", records, cancellationToken: cancellationToken).GetAsyncEnumerator(CancellationToken.None);
}
