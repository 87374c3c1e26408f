using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

public sealed class CooldownTests
{
    private readonly Cooldown _cooldown = new(TimeSpan.FromTicks(100));

    [Fact]
    public void TryStart_IsAllowedOncePerInterval()
    {
        long[] asked = [0, 1, 99, 100, 150, 199, 200, 450, 500, 550];

        Assert.Equal([0, 100, 200, 450, 550], asked.Where(_cooldown.TryStart));
    }

    [Fact]
    public async Task TryStart_ByManyThreadsAtOnce_IsAllowedForOneOfThem()
    {
        const int Threads = 4, Rounds = 2_000;
        var allowed = 0;
        using var together = new Barrier(Threads);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => OwnThread.Run(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                together.SignalAndWait();
                if (_cooldown.TryStart(round * 100))
                    Interlocked.Increment(ref allowed);
            }
        })));

        Assert.Equal(Rounds, allowed);
    }
}
