using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>What a tier's process answers before it takes records, and from the moment that it was asked to stop.</summary>
/// <remarks>Tests <see cref="Drain"/> and <see cref="JoiningCheck"/>.</remarks>
public sealed class TierStopTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Stop_WithADelay_IsNotReadyStillTakesAndClosesEachConnection()
    {
        await using var front = await Front.StartAsync(static o => o.DrainDelay = Delay);
        Assert.Equal((200, false), Short(await front.PostAsync("/events/confirmed", Event)));

        var draining = DrainAsync(front);

        Assert.Equal((503, true), Short(await front.GetAsync("/health/ready")));
        Assert.Contains("about to shut down", (await front.GetAsync("/health/ready")).Text, StringComparison.Ordinal);
        Assert.Equal((200, true), Short(await front.GetAsync("/health/live")));
        Assert.Equal((200, true), Short(await front.PostAsync("/events/confirmed", Event)));
        Assert.False(front.Http.Gate.IsDraining);

        _time.Advance(Delay - TimeSpan.FromTicks(1));
        Assert.False(front.Http.Gate.IsDraining);
        _time.Advance(TimeSpan.FromTicks(1));
        await draining;
        Assert.True(front.Http.Gate.IsDraining);
        Assert.Equal(503, (await front.PostAsync("/events/confirmed", Event)).Status);
    }

    [Fact]
    public async Task Stop_WithoutADelay_RefusesAtOnce()
    {
        await using var front = await Front.StartAsync();
        await DrainAsync(front);
        var refused = await front.PostAsync("/events/confirmed", Event);
        Assert.Equal((503, true), Short(refused));
        Assert.Contains("Draining", refused.Text, StringComparison.Ordinal);
    }

    /// <summary>The delay is no part of the time that the stop may take.</summary>
    [Fact]
    public async Task Stop_BeginsItsTimeAfterTheDelay()
    {
        await using var front = await Front.StartAsync(static o => o.DrainDelay = Delay);
        var budget = new StopBudget(TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(30), _time);
        var atStop = TimeSpan.Zero;
        var draining = Drain.RunAsync(front.Http, front.Producer, static () => default, budget, () =>
        {
            atStop = budget.Left;
            return ValueTask.CompletedTask;
        }, _time);
        _time.Advance(Delay);
        await draining;
        Assert.Equal(TimeSpan.FromSeconds(90), atStop);
    }

    /// <summary>A silo that could not join ended five seconds later: the delay is for load balancers, which never sent anything there.</summary>
    [Fact]
    public async Task Stop_OfAFrontThatWasNeverDrained_DoesNotWaitForTheDelay()
    {
        var front = await Front.StartAsync(static o => o.DrainDelay = TimeSpan.FromMinutes(1));
        await front.DisposeAsync().AsTask().WaitAsync(HttpFront.StopTimeout * 0.8, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task BeforeJoining_ProbesAreAnsweredAndRecordsRefused()
    {
        var joining = new JoiningCheck("it joins");
        await using var front = await Front.StartAsync(static o => o.RetryAfter = TimeSpan.FromSeconds(2), joining);

        Assert.Equal(200, (await front.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await front.GetAsync("/health")).Status);
        var ready = await front.GetAsync("/health/ready");
        Assert.Equal((503, """{"error_code":"NotReady","error_message":"it joins"}"""), (ready.Status, ready.Text));
        foreach (var refused in new[] { await front.PostAsync("/events", Event), await front.GetAsync("/admin/streams/events") })
            Assert.Equal((503, """{"error_code":"NotReady","error_message":"it joins"}""", "2"), (refused.Status, refused.Text, refused.RetryAfter));
        var put = await front.PostAsync("/", "", ("X-Amz-Target", "Kinesis_20131202.PutRecord"));
        Assert.Equal("""{"error_code":"NotReady","error_message":"it joins","__type":"ServiceUnavailableException","message":"it joins"}""", put.Text);
        Assert.Equal("nosniff", put.Headers["X-Content-Type-Options"]); // the guard comes first

        joining.Complete();
        Assert.Equal((200, false), Short(await front.GetAsync("/health/ready")));
        Assert.Equal(202, (await front.PostAsync("/events", Event)).Status);
    }

    private static (int Status, bool Closes) Short(HttpAnswer answer) => (answer.Status, answer.Closes);

    private Task<DrainReport> DrainAsync(Front front) => Drain.RunAsync(
        front.Http, front.Producer, static () => default, new StopBudget(TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(30), _time),
        static () => ValueTask.CompletedTask, _time);
}
