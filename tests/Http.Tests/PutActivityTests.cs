using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests;

public sealed class PutActivityTests
{
    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("rubbish", false)]
    [InlineData(null, false)]
    public async Task Put_WithATraceparent_IsLinkedToItAndBeginsATraceOfItsOwn(string? traceparent, bool isLinked)
    {
        var stopped = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == PutActivity.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await HttpServer.StartAsync();
        (string, string)[] headers = traceparent is null ? [] : [("traceparent", traceparent), ("tracestate", "a=b")];

        var answer = await server.PostAsync("/streams/s/records", """[{"partition_key":"k","payload":1}]""", headers: headers);

        Assert.Equal(200, answer.Status);
        // It ends behind the answer.
        await Waiting.UntilAsync(() => stopped.Any(a => a.Links.Any() || !isLinked));
        // Other tests of this process put at the same time: those that link to this caller are this test's.
        var linked = stopped.Where(static a => a.Links.Any()).ToList();
        Assert.Equal(isLinked, linked.Count > 0);
        if (isLinked)
        {
            var activity = Assert.Single(linked);
            Assert.Equal((default, true), (activity.ParentSpanId, activity.TraceId.ToHexString() != "0af7651916cd43dd8448eb211c80319c"));
            Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "a=b", true),
                (activity.Links.Single().Context.TraceId.ToHexString(), activity.Links.Single().Context.TraceState, activity.Links.Single().Context.IsRemote));
        }

        // The data is what was sent, and no record has more than its key and its data.
        Assert.Equal(("k", "1"), (Assert.Single(server.Producer.Records).Key, server.Producer.Records.Single().Data));
    }

    /// <summary>The request failed, though its records were put, and it counted as under way for ever: a drain waited for it.</summary>
    [Theory]
    [InlineData("sample")]
    [InlineData("started")]
    [InlineData("stopped")]
    public async Task Put_WhereAListenerOfSpansThrows_IsAnsweredAllTheSame(string when)
    {
        var trace = ActivityTraceId.CreateRandom();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == PutActivity.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> o) => OfThis(o.Links, "sample", ActivitySamplingResult.AllData),
            ActivityStarted = a => OfThis(a.Links, "started", 0),
            ActivityStopped = a => OfThis(a.Links, "stopped", 0),
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await HttpServer.StartAsync();
        (string, string)[] headers = [("traceparent", $"00-{trace}-b7ad6b7169203331-01")];

        var answer = await server.PostAsync("/streams/s/records", """[{"partition_key":"k","payload":1}]""", headers: headers);

        Assert.Equal(200, answer.Status);
        Assert.Single(server.Producer.Records);
        // It ends behind the answer.
        await Waiting.UntilAsync(() => server.Gate.InFlight == 0 && server.Logs.Texts.Contains("A listener of spans threw; no request is affected"));

        // Other tests of this process put at the same time.
        T OfThis<T>(IEnumerable<ActivityLink>? links, string now, T result) =>
            now == when && links?.Any(l => l.Context.TraceId == trace) == true ? throw new InvalidOperationException("the listener's defect") : result;
    }

    /// <summary>Its exception failed a request that had entered the gate and never left it, so that each drain waited.</summary>
    [Fact]
    public void Start_WhereAHandlerOfTheCurrentSpanThrows_BeginsTheSpan()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == PutActivity.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var outer = new Activity("outer").Start();
        var logs = new CapturedLog();
        using var told = new ListenerLog(logs.CreateLogger<ListenerLog>(), TimeProvider.System);
        Activity.CurrentChanged += OnChanged;

        using var begun = PutActivity.Start(new DefaultHttpContext().Request, told);

        Activity.CurrentChanged -= OnChanged;
        Assert.Equal((true, default), (begun is not null, begun?.ParentSpanId ?? default));
        Assert.Contains("A listener of spans threw; no request is affected", logs.Texts);

        // Other tests of this process have spans of their own.
        void OnChanged(object? sender, ActivityChangedEventArgs e) =>
            _ = ReferenceEquals(e.Previous, outer) ? throw new InvalidOperationException("the listener's defect") : 0;
    }
}
