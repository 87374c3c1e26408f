using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>However many records fail, and whatever a stream provider does, there are ten hints a second at most, and no record waits for one.</summary>
public sealed class FailureHintsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Channel<FailureNotice> _sent = Channel.CreateUnbounded<FailureNotice>();

    [Fact]
    public async Task Grew_ManyTimes_SendsTenASecond_OfWhichEachHasTheLatestNumber()
    {
        var hints = New(SendAsync);
        hints.Grew(1);
        Assert.Equal(new FailureNotice("events", 1, 1, FakeTimeProvider.Start), await NextAsync());
        for (var turn = 1; turn <= 10; turn++)
        {
            for (var number = 1; number <= 50; number++)
                hints.Grew(turn * 100 + number);
            _time.Advance(FailureHints.Interval - TimeSpan.FromTicks(1));
            Assert.False(_sent.Reader.TryPeek(out _));
            _time.Advance(TimeSpan.FromTicks(1));
            var notice = await NextAsync();
            Assert.Equal((turn * 100 + 50, turn == 1 ? 149 : 100), (notice.Last, notice.Count));
        }
    }

    [Fact]
    public async Task Grew_WhileASendHangs_ReturnsAtOnce_AndTheNextGoesAfterItsTime()
    {
        var sends = 0;
        var hung = new TaskCompletionSource();
        var hints = New(notice =>
        {
            _ = SendAsync(notice);
            return sends++ == 0 ? hung.Task : Task.CompletedTask;
        });
        await Task.Run(() => hints.Grew(1), TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        await NextAsync();
        hints.Grew(2);
        hints.Grew(3);
        await Waiting.UntilAsync(() => _time.ArmedTimers == 2);
        _time.Advance(FailureHints.LongestSend - TimeSpan.FromTicks(1));
        Assert.False(_sent.Reader.TryPeek(out _));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(3, (await NextAsync()).Last);
    }

    [Fact]
    public async Task Grew_WhileEachSendFails_GoesOn_AndIsLoggedOnceAMinuteWithItsCount()
    {
        var log = new CapturedLog();
        var hints = New(
            notice =>
            {
                // Here the failures before it are counted, and its own is not.
                if (notice.Last == 6)
                    _time.Advance(TimeSpan.FromMinutes(1));
                _ = SendAsync(notice);
                throw new InvalidOperationException("no queue");
            },
            log);
        for (var number = 1; number <= 5; number++)
        {
            hints.Grew(number);
            await NextAsync();
            _time.Advance(FailureHints.Interval);
        }

        hints.Grew(6);
        await NextAsync();
        await Waiting.UntilAsync(() => log.Texts.Count == 2);
        Assert.StartsWith("1 hints of failures of stream events", log.Texts[0], StringComparison.Ordinal);
        Assert.StartsWith("5 hints of failures of stream events", log.Texts[1], StringComparison.Ordinal);
    }

    private FailureHints New(Func<FailureNotice, Task> send, ILogger? logger = null) =>
        new("events", FakeTimeProvider.Start, send, _time, logger ?? NullLogger.Instance);

    private Task SendAsync(FailureNotice notice)
    {
        Assert.True(_sent.Writer.TryWrite(notice));
        return Task.CompletedTask;
    }

    private Task<FailureNotice> NextAsync() => _sent.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Waiting.Long);
}
