using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class ConnectionTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>
    /// What forgets idle connections does so after 350 s (NAT gateways, network load balancers), some after 60 s; a host's address may change.
    /// </summary>
    [Fact]
    public void Connections_LiveNoLongerThanTheWayThereIsKnown()
    {
        using var handler = KinesisHandler.Create(new KinesisOptions(), maxConnections: 1);
        Assert.InRange(handler.PooledConnectionIdleTimeout, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(59));
        Assert.InRange(handler.PooledConnectionLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Call_WhenNobodyListens_WasNotSent_AndSaysTheReasonOnce()
    {
        using var dead = new DeadEndpoint();
        using var gateway = Gateways.To(dead.Url);

        var error = await AssertFailsAsync(gateway, KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed);
        Assert.Equal($"No connection could be made. Connection refused ({dead.Address})", error.Message);
    }

    /// <summary>All streams of a process had 256 connections together: eleven whose calls hung left the others none.</summary>
    [Fact]
    public async Task Calls_ThatHang_LeaveThoseOfOtherStreamsTheirConnections()
    {
        const int Hanging = 400;
        var (hold, all) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var asked = 0;
        await using var server = new WireServer((_, connection) =>
        {
            var number = Interlocked.Increment(ref asked);
            if (number == Hanging)
                all.SetResult();
            return number > Hanging ? connection.AnswerAsync(200, Gateways.Ok) : hold.Task;
        });
        using var gateway = Gateways.To(server.Address);
        using var stop = new CancellationTokenSource();
        var hanging = Enumerable.Range(0, Hanging).Select(_ => gateway.PutOneAsync(Gateways.Stream(), stop.Token)).ToList();
        try
        {
            await all.Task.WaitAsync(Waiting.Long);
            await gateway.PutOneAsync().WaitAsync(Waiting.Long);
        }
        finally
        {
            await stop.CancelAsync();
            hold.SetResult();
            await ((Task)Task.WhenAll(hanging)).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    [Fact]
    public async Task Call_WhenTheHostHasNoAddress_WasNotSent()
    {
        using var gateway = Clients.Connecting((_, _) => throw new SocketException((int)SocketError.HostNotFound));

        await AssertFailsAsync(gateway, KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed);
    }

    /// <summary>.NET looks for the other end of a new connection outside of its own error handling.</summary>
    [Fact]
    public async Task Call_WhenTheConnectionIsResetAtOnce_WasNotSent()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var gateway = Clients.Connecting(
            async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
                using (var other = await listener.AcceptAsync(cancellationToken))
                    other.LingerState = new LingerOption(true, 0);
                Assert.True(socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
                return new NetworkStream(socket, ownsSocket: true);
            },
            options => options.EndpointUrl = new Uri("http://127.0.0.1:1"));

        await AssertFailsAsync(gateway, KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed);
    }

    [Fact]
    public async Task Call_WhenConnectingTakesTooLong_WasNotSent()
    {
        using var gateway = Clients.Connecting(
            async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return Stream.Null;
            },
            options => options.ConnectTimeout = TimeSpan.FromMilliseconds(100));

        var error = await AssertFailsAsync(gateway, KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed);
        Assert.Matches("^No connection could be made. .*configured ConnectTimeout", error.Message);
    }

    [Fact]
    public async Task Call_WhenTimeIsUpBeforeThereIsAConnection_WasNotSent()
    {
        var connecting = new TaskCompletionSource();
        using var gateway = Clients.Connecting(
            async (_, cancellationToken) =>
            {
                connecting.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return Stream.Null;
            },
            time: _time);

        var call = gateway.PutOneAsync(Gateways.Stream(seconds: 6));
        await connecting.Task;
        _time.Advance(TimeSpan.FromSeconds(6));

        var error = await Assert.ThrowsAsync<KinesisException>(() => call);
        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed), (error.Kind, error.Code));
    }

    /// <summary>The last one claims to be endless, and is not read.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Records\":[", true)]
    [InlineData("220 smtp ready\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{", false)]
    public async Task Call_WhenTheAnswerIsNoneOrBreaksOff_MayHaveBeenApplied(string answer, bool isReset)
    {
        await using var server = new WireServer(async (_, connection) =>
        {
            await connection.WriteAsync(answer);
            if (isReset)
                connection.Reset();
        });
        using var gateway = Gateways.To(server.Address);

        await AssertFailsAsync(gateway, KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Call_WhenTheAnswerHasNoLength_IsReadToItsEnd()
    {
        await using var server = new WireServer(async (_, connection) =>
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            var filler = new string(' ', 20_000);
            foreach (var part in (string[])[filler, Gateways.Ok[..20], Gateways.Ok[20..] + filler])
                await connection.WriteAsync($"{part.Length:x}\r\n{part}\r\n");
            await connection.WriteAsync("0\r\n\r\n");
        });
        using var gateway = Gateways.To(server.Address);

        var reply = await gateway.PutOneAsync();

        Assert.Equal("49", Assert.Single(reply.Entries).SequenceNumber);
    }

    /// <summary>An answer that drips is timed as a whole.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"Rec")]
    public async Task Call_WhenNoWholeAnswerComesInTime_MayHaveBeenAppliedAndClosesTheConnection(string begun)
    {
        var received = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using var server = new WireServer(async (_, connection) =>
        {
            await connection.WriteAsync(begun);
            received.SetResult();
            await connection.WaitForEndAsync();
            closed.SetResult();
        });
        using var gateway = Gateways.To(server.Address, time: _time);

        var call = gateway.PutOneAsync(Gateways.Stream(seconds: 6));
        await received.Task;
        _time.Advance(TimeSpan.FromSeconds(5.9));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        var error = await Assert.ThrowsAsync<KinesisException>(() => call);
        Assert.Equal((KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout), (error.Kind, error.Code));
        Assert.Equal("No answer within 6000 ms.", error.Message);
        await closed.Task;
    }

    /// <summary>Also where the process stood still: what is left of the request must not come to Kinesis later than anybody expects.</summary>
    [Theory]
    [InlineData(0, 6)]
    [InlineData(60, 0)]
    public async Task Call_WhenTheServerStopsReading_EndsInTime(int pause, int wait)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var gateway = Gateways.To(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), time: _time);

        var call = gateway.PutRecordsAsync(Gateways.Stream(seconds: 6), Gateways.Entries((40_000_000, "a", 0)), default).AsTask();
        using var socket = await listener.AcceptSocketAsync();
        await new NetworkStream(socket).ReadExactlyAsync(new byte[100_000]);
        _time.Pause(TimeSpan.FromSeconds(pause));
        _time.Advance(TimeSpan.FromSeconds(wait));

        var error = await Assert.ThrowsAsync<KinesisException>(() => call);
        Assert.Equal((KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout), (error.Kind, error.Code));
    }

    /// <summary>Kinesis answered while the process stood still for longer than a call may take: its records were sent again, or expired.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenTheProcessStoodStill_WaitsAMomentForTheAnswer_AndNoLonger(bool isThere)
    {
        var (received, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = new WireServer(async (_, connection) =>
        {
            received.SetResult();
            await Task.WhenAny(answer.Task, connection.WaitForEndAsync());
            await connection.AnswerAsync(200, Gateways.Ok);
        });
        using var gateway = Gateways.To(server.Address, time: _time);

        var call = gateway.PutOneAsync(Gateways.Stream(seconds: 6));
        await received.Task;
        _time.Pause(TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(call.IsCompleted);
        if (isThere)
        {
            answer.SetResult();
            Assert.Equal("49", Assert.Single((await call).Entries).SequenceNumber);
            return;
        }

        _time.Advance(TimeSpan.FromSeconds(0.1));
        var error = await Assert.ThrowsAsync<KinesisException>(() => call);
        Assert.Equal((KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout), (error.Kind, error.Code));
    }

    [Fact]
    public async Task Call_WhenItsCallerCancels_EndsAsCancelled()
    {
        var received = new TaskCompletionSource();
        await using var server = new WireServer((_, connection) =>
        {
            received.SetResult();
            return connection.WaitForEndAsync();
        });
        using var gateway = Gateways.To(server.Address);
        using var caller = new CancellationTokenSource();

        var call = gateway.PutOneAsync(cancellationToken: caller.Token);
        await received.Task;
        await caller.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(caller.Token, error.CancellationToken);
    }

    [Fact]
    public async Task Call_WhenItsCallerHadCancelledBefore_SendsNothing()
    {
        await using var server = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(server.Address);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gateway.PutOneAsync(cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Calls_WhenMadeOneAfterTheOther_ShareAConnection()
    {
        await using var server = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(server.Address);

        for (var i = 0; i < 5; i++)
            await gateway.PutOneAsync();

        Assert.Equal(1, server.Accepted);
    }

    private static async Task<KinesisException> AssertFailsAsync(KinesisClient gateway, KinesisFailureKind kind, string code)
    {
        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());
        Assert.True((kind, code) == (error.Kind, error.Code), error.ToString());
        return error;
    }
}
