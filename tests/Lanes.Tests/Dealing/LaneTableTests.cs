using System.Runtime.CompilerServices;
using Orleans.Kpl.Lanes.Dealing;

namespace Orleans.Kpl.Lanes.Tests.Dealing;

/// <remarks>Tests <see cref="LaneTable"/>.</remarks>
public sealed class LaneTableTests
{
    /// <summary>A client that puts little went on with the silo that it had, however slow that was.</summary>
    [Fact]
    public async Task ASiloThatIsSlowToAnswer_IsGivenNoMore_WhileAnotherIsNot()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(2) { Time = time };
        await using var producer = cluster.NewProducer();
        await PutAsync(0);
        await PutAsync(1);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Accepting = answer.Task;
        var slow = PutAsync(2);
        time.Advance(TimeSpan.FromSeconds(2));
        answer.SetResult();
        await slow;

        await PutAsync(3);

        Assert.Equal([1, 3], cluster.Silos.Select(static s => s.Keys.Count).Order());

        // Nothing else would ever tell that it is well again.
        time.Advance(TimeSpan.FromSeconds(10));
        await PutAsync(4);

        Assert.Equal([1, 4], cluster.Silos.Select(static s => s.Keys.Count).Order());

        async Task PutAsync(int number)
        {
            var put = producer.PutAsync(Numbered.Stream, Numbered.Record(number), PutOptions.WithoutLinger).AsTask();
            Assert.True((await put.WaitAsync(Numbered.Long)).IsSuccess);
            // The outcome may come before the answer to the call, and the next record goes by another lane until that is there.
            await Waiting.UntilAsync(() => InFlight(producer.Uses.Get(Numbered.Stream)) == 0);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_inFlight")]
    private static extern ref int InFlight(ClientStream stream);
}
