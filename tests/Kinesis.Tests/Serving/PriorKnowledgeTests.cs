using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orleans.Kpl.Kinesis.Serving;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>Until the first bytes tell which protocol it is, the server does not know of a connection, and none of its limits holds.</summary>
public sealed class PriorKnowledgeTests
{
    private readonly KestrelServerLimits _limits = new() { RequestHeadersTimeout = TimeSpan.FromSeconds(10), KeepAliveTimeout = TimeSpan.FromSeconds(130) };

    private readonly FakeTimeProvider _time = new();

    // What is written is seen before the write returns.
    private readonly Pipe _sent = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    private ConnectionContext? _served;

    [Fact]
    public async Task Connection_WhosePrefaceComesTooSlowly_IsNotServed()
    {
        var connection = Connect();
        await _sent.Writer.WriteAsync("P"u8.ToArray(), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(5));
        await _sent.Writer.WriteAsync("R"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.False(connection.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(5));

        await connection;
        Assert.Null(_served);
    }

    [Fact]
    public async Task Connection_ThatSendsNothing_EndsAsLaterIdleOnesDo()
    {
        var connection = Connect();
        _time.Advance(TimeSpan.FromSeconds(129));
        Assert.False(connection.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));

        await connection;
        Assert.Null(_served);
    }

    [Fact]
    public async Task Connection_OfAServerWithoutLimits_Waits()
    {
        _limits.KeepAliveTimeout = _limits.RequestHeadersTimeout = Timeout.InfiniteTimeSpan;
        var connection = Connect();
        await _sent.Writer.WriteAsync("P"u8.ToArray(), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromHours(1));

        await _sent.Writer.WriteAsync("O"u8.ToArray(), TestContext.Current.CancellationToken);

        await connection;
        Assert.NotNull(_served);
    }

    [Theory]
    [InlineData("PO", null)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "h2")]
    public async Task Connection_WhoseFirstBytesTellTheProtocol_IsServedAtOnceWithAllOfThem(string first, string? protocol)
    {
        var connection = Connect();
        await _sent.Writer.WriteAsync(Encoding.ASCII.GetBytes(first), TestContext.Current.CancellationToken);

        await connection;

        var told = _served!.Features.Get<ITlsApplicationProtocolFeature>();
        Assert.Equal(protocol, told is null ? null : Encoding.ASCII.GetString(told.ApplicationProtocol.Span));
        Assert.True(_served.Transport.Input.TryRead(out var read));
        Assert.Equal(first.Length, read.Buffer.Length);
    }

    private Task Connect()
    {
        var connection = new DefaultConnectionContext { Transport = new SentBytes(_sent.Reader) };
        return PriorKnowledge.Before(Serve, _limits, _time)(connection);

        Task Serve(ConnectionContext served)
        {
            _served = served;
            return Task.CompletedTask;
        }
    }

    private sealed class SentBytes(PipeReader input) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => throw new NotSupportedException();
    }
}
