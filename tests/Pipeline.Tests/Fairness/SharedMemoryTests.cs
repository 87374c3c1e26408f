using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Tests.Fairness;

/// <summary>Callers of fronts share a process' memory; those of the process itself have what its settings say.</summary>
/// <remarks>Tests <see cref="FairMemory"/>.</remarks>
public sealed class SharedMemoryTests
{
    private const long All = 1_000;

    private readonly FairMemory _process = new(All, 0);

    [Fact]
    public void Stream_BesideAnother_TakesHalfAtMost()
    {
        var (stuck, other) = (Stream(), Stream());
        Assert.Equal(5, Fill(stuck, "a"));
        Assert.Equal(5, Fill(other, "a"));
    }

    [Fact]
    public void Stream_WhoseNeighbourIsGone_TakesAll()
    {
        var (stream, other) = (Stream(), Stream());
        Assert.Equal(5, Fill(stream, "a"));
        other.Close("other");
        other.Close("other");
        Assert.Equal(5, Fill(stream, "a"));
    }

    [Fact]
    public void CallersOfTheProcessItself_TakeAll_BesideOtherStreamsToo()
    {
        var (stream, _) = (Stream(), Stream());
        Assert.Equal(10, Fill(stream, null));
    }

    [Fact]
    public async Task Memory_ThatComesBack_GoesToEachIdentityInTurn()
    {
        var stream = Stream();
        Assert.Equal(10, Fill(stream, "heavy"));
        List<string> served = [];
        var waiting = Enumerable.Range(0, 20).Select(_ => ReserveAsync("heavy")).ToList();
        waiting.AddRange(Enumerable.Range(0, 3).Select(_ => ReserveAsync("light")));

        for (var i = 0; i < 6; i++)
        {
            stream.Release(100, 1);
            await PipelineHarness.SettleAsync();
            Assert.Equal(i + 1, Count());
        }

        Assert.Equal((3, 3), (Count("heavy"), Count("light")));
        stream.Close("stream");
        await Task.WhenAll(waiting);

        int Count(string? identity = null)
        {
            lock (served)
                return served.Count(s => identity is null || s == identity);
        }

        async Task ReserveAsync(string identity)
        {
            try
            {
                await stream.ReserveAsync(100, 1, Of(identity), TestContext.Current.CancellationToken);
                lock (served)
                    served.Add(identity);
            }
            catch (ObjectDisposedException)
            {
                // The end of the test.
            }
        }
    }

    /// <summary>A stream that is stuck holds its half; what another one puts goes through as if it were alone in the other half.</summary>
    [Fact]
    public async Task Stream_BesideOneThatIsStuck_WaitsForItsOwnOnly()
    {
        var (stuck, other) = (Stream(), Stream());
        Fill(stuck, "a");
        var behind = stuck.ReserveAsync(100, 1, Of("a"), CancellationToken.None).AsTask();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(other.TryReserve(100, 1, Of("b")));
            Assert.False(other.IsAwaited);
            other.Release(100, 1);
        }

        Assert.False(behind.IsCompleted);
        stuck.Release(100, 1);
        await behind;
    }

    private static int Fill(MemoryLimit memory, string? identity)
    {
        var count = 0;
        while (memory.TryReserve(100, 1, Of(identity)))
            count++;
        return count;
    }

    private static PutOptions? Of(string? identity) => identity is null ? null : new PutOptions { Identity = identity };

    private FairMemory Stream() => new(All, 0, _process);
}
