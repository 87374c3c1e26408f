using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.LocalKinesis.FanOut;

namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>One call while faults are on: what hit it, what they changed, and what faults can do to it.</summary>
internal sealed class FaultedCall(
    FaultSwitchboard switchboard, EndpointClock clock, HttpContext context, string? operation, CancellationToken stopping)
{
    private readonly List<Fault> _faults = [];

    /// <summary>Whether the call is over: answered, dropped or forgotten.</summary>
    public bool Ended { get; private set; }

    /// <summary>The marks that the account keeps of the records that this call applies.</summary>
    public RecordMarks Marks { get; private set; }

    public TimeSpan Skew { get; private set; }
    public TimeSpan ListingLag { get; set; }
    public int FailedRecordCount { get; set; }
    public int MissingResults { get; set; }
    public bool FallingSequenceNumbers { get; set; }
    public bool EmptyPage { get; set; }
    public SubscriptionFailure? SubscriptionFailure { get; set; }

    /// <summary>The answer, once it is there.</summary>
    public Answer Answer { get; private set; } = new(StatusCodes.Status200OK, "", ReadOnlyMemory<byte>.Empty);

    /// <summary>Lets the faults of a stage act; true when the call goes on.</summary>
    public async ValueTask<bool> BeforeAsync(bool beforeBody, string? stream)
    {
        foreach (var fault in switchboard.Draw(beforeBody, operation, stream, Bytes))
        {
            _faults.Add(fault);
            Marks |= fault.Marks;
        }
        foreach (var fault in _faults.Where(fault => fault.ActsBeforeBody == beforeBody))
            if (!Ended) await fault.BeforeAsync(this);
        return !Ended;
    }

    /// <summary>Lets faults act on the answer; true when it is still to be sent.</summary>
    public async ValueTask<bool> AfterAsync(Answer answer)
    {
        Answer = answer;
        foreach (var fault in _faults)
            if (!Ended) await fault.AfterAsync(this);
        return !Ended;
    }

    public RecordFault? DrawRecord(string stream, string shardId) => switchboard.DrawRecord(operation!, stream, Bytes, shardId);

    private long Bytes => context.Request.ContentLength ?? 0;

    public void End() => Ended = true;

    public void DropConnection()
    {
        Ended = true;
        context.Abort();
        context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
    }

    public async Task DelayAsync(TimeSpan delay)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await Task.Delay(delay, clock.Provider, either.Token);
    }

    /// <summary>Ends when the client has closed.</summary>
    public async Task ClientGoneAsync()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var aborted = context.RequestAborted.Register(() => gone.TrySetResult());
        await using var stopped = stopping.Register(() => gone.TrySetResult());
        await gone.Task;
        stopping.ThrowIfCancellationRequested();
    }

    public Task OutliveClientAsync(TimeSpan delay) => Task.Delay(delay, clock.Provider, stopping);

    public async Task AwaitLaterAnswerAsync(TimeSpan atMost)
    {
        var later = switchboard.NextAnswerAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await Task.WhenAny(later, Task.Delay(atMost, clock.Provider, either.Token));
        await either.CancelAsync();
    }

    public void SkewClock(TimeSpan skew)
    {
        Skew += skew;
        var shown = new DateTime(clock.NowTicks + Skew.Ticks, DateTimeKind.Utc);
        context.Response.Headers.Date = shown.ToString("R", CultureInfo.InvariantCulture);
    }

    public async Task ReadHalfOfRequestAsync()
    {
        var half = (int)Math.Max(1, (context.Request.ContentLength ?? 2) / 2);
        var read = await context.Request.BodyReader.ReadAtLeastAsync(half, context.RequestAborted);
        context.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
    }

    public Task AnswerAsync(int status, string contentType, string body)
    {
        Ended = true;
        return new Answer(status, contentType, Encoding.UTF8.GetBytes(body)).SendAsync(context);
    }

    public async Task SendHalfOfAnswerAsync()
    {
        Answer.WriteHead(context.Response);
        await context.Response.BodyWriter.WriteAsync(Answer.Body[..(Answer.Body.Length / 2)], context.RequestAborted);
    }

    public async Task DripAnswerAsync(int bytes, TimeSpan every)
    {
        Ended = true;
        Answer.WriteHead(context.Response);
        for (var at = 0; at < Answer.Body.Length; at += bytes)
        {
            if (at > 0) await DelayAsync(every);
            await context.Response.BodyWriter.WriteAsync(Answer.Body[at..Math.Min(at + bytes, Answer.Body.Length)], context.RequestAborted);
        }
    }
}
