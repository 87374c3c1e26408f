namespace Orleans.Kpl.Silos.Tests.Membership;

public sealed class PeriodicCheckTests
{
    /// <summary>Another silo may ask for a look while this one ends: its call failed, and it made it three times.</summary>
    [Fact]
    public async Task LookSoon_OnceItHasEnded_DoesNothing()
    {
        var time = new FakeTimeProvider();
        var looks = 0;
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var check = new PeriodicCheck(
            new LiveSilos(new FakeMembership(), time), time, _ =>
            {
                looks++;
                looked.TrySetResult();
                return Task.CompletedTask;
            },
            static e => Assert.Fail(e.ToString()));
        check.Start();
        await looked.Task.WaitAsync(Waiting.Long);
        await check.DisposeAsync();

        check.LookSoon();

        Assert.Equal(1, looks);
    }
}
