using System.Net;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Tests.Links;

/// <remarks>Tests <see cref="FrameTraces"/>.</remarks>
public sealed class FrameTracesTests
{
    private const string Header = "kpl.traces";

    private static readonly byte[] Traces = [1, 2, 3];

    /// <summary>What the call of a traced frame starts, such as a chain of sends to another silo, took its traces along for hours.</summary>
    [Fact]
    public async Task Receive_OfATracedFrame_LeavesNothingToWhatItStarts()
    {
        RequestContext.Set(Header, Traces);

        var frame = FrameTraces.Receive(Frame());

        Assert.Equal(Traces, frame.Traces);
        Assert.Null(await Task.Run(static () => RequestContext.Get(Header), TestContext.Current.CancellationToken));
    }

    /// <summary>A caller's own header is no frame's either.</summary>
    [Fact]
    public async Task Send_OfAFrameWithoutTraces_TakesNoneOfAnotherAlong()
    {
        RequestContext.Set(Header, Traces);
        object? sent = null;
        await FrameTraces.SendAsync(Frame(), Send);
        Assert.Null(sent);

        var traced = Frame();
        traced.Traces = [7];
        await FrameTraces.SendAsync(traced, Send);
        Assert.Same(traced.Traces, sent);
        Assert.Null(RequestContext.Get(Header));

        Task<bool> Send(RecordsFrame frame)
        {
            sent = RequestContext.Get(Header);
            return Task.FromResult(true);
        }
    }

    private static RecordsFrame Frame() => new(new SiloId(IPAddress.Loopback, 11_000, 1), "events", 7, 3, [1], [2]);
}
