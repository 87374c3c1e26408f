using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Clustering.Sockets;
using Orleans.Networking.Shared;

namespace Orleans.Kpl.Clustering.Tests.Sockets;

/// <summary>Connections of silos and clients over real sockets.</summary>
public sealed class SocketTransportTests
{
    private readonly SocketTransport _transport = new(Options.Create(new SocketConnectionOptions()), TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_PassBothWays_WholeAndInOrder()
    {
        await using var pair = await PairAsync();
        var message = Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 31)).ToArray();
        var received = ReadAsync(pair.There, message.Length);
        await pair.Here.Transport.Output.WriteAsync(message, Cancellation);
        Assert.Equal(message, await received);

        var back = ReadAsync(pair.Here, message.Length);
        await pair.There.Transport.Output.WriteAsync(message, Cancellation);
        Assert.Equal(message, await back);
    }

    /// <summary>What Orleans writes of a message at once is in one block, so that it need not be copied once more.</summary>
    [Fact]
    public async Task ABlock_HoldsAWholeMessageOfALane()
    {
        await using var pair = await PairAsync();
        Assert.InRange(pair.Here.Transport.Output.GetMemory(4_104).Length, (64 << 10) + 4_104, int.MaxValue);
    }

    /// <summary>Orleans' clients reset their connections when they stop. In the log of a silo that was a warning with a stack trace each time.</summary>
    [Fact]
    public async Task AReset_EndsTheBytes_AsAnyOtherEndDoes()
    {
        await using var pair = await PairAsync();
        var reading = pair.There.Transport.Input.ReadAsync(Cancellation).AsTask();
        pair.Here.Abort();
        var result = await reading.WaitAsync(Waiting.Long, Cancellation);
        Assert.True(result.IsCompleted);
        Assert.True(result.Buffer.IsEmpty);
    }

    [Fact]
    public async Task AnAbort_IsTold_AndEndsWhatIsRead()
    {
        await using var pair = await PairAsync();
        var closed = ClosedAsync(pair.Here);
        var reading = pair.Here.Transport.Input.ReadAsync(Cancellation).AsTask();
        pair.Here.Abort();
        pair.Here.Abort();
        await closed;
        Assert.True((await reading.WaitAsync(Waiting.Long, Cancellation)).IsCompleted);
    }

    /// <summary>A handshake that failed ends the output alone, and waits for the end of the connection.</summary>
    [Fact]
    public async Task TheEndOfTheOutput_SendsWhatIsLeft_AndEndsTheConnection()
    {
        await using var pair = await PairAsync();
        var closed = ClosedAsync(pair.Here);
        var received = ReadAsync(pair.There, 3);
        pair.Here.Transport.Output.Write<byte>([1, 2, 3]);
        await pair.Here.Transport.Output.CompleteAsync();
        await closed;
        Assert.Equal([1, 2, 3], await received);
    }

    /// <summary>Orleans does both, in either order. It stopped closing the connection there: nobody was told that his requests would have no answer.</summary>
    [Fact]
    public async Task AFlush_CanBeCancelled_AfterTheEndOfTheOutput()
    {
        await using var pair = await PairAsync();
        await pair.Here.Transport.Output.WriteAsync(new byte[] { 1 }, Cancellation);
        pair.Here.Transport.Output.Complete();
        pair.Here.Transport.Output.CancelPendingFlush();
        pair.Here.Transport.Output.Complete();
        await pair.Here.Transport.Output.CompleteAsync();
    }

    [Fact]
    public async Task AFlush_ToWhoHasEnded_IsComplete_AndDoesNotFail()
    {
        await using var pair = await PairAsync();
        pair.There.Abort();
        FlushResult result;
        do
            result = await pair.Here.Transport.Output.WriteAsync(new byte[1 << 10], Cancellation);
        while (!result.IsCompleted);
    }

    /// <summary>The pool gave its array to others while the system was still reading into it.</summary>
    [Fact]
    public async Task Disposal_LeavesABufferAlone_ThatIsReadInto()
    {
        await using var pair = await PairAsync();
        await pair.There.Transport.Output.WriteAsync(new byte[] { 7 }, Cancellation);
        var input = pair.Here.Transport.Input;
        var result = await input.ReadAsync(Cancellation);
        var bytes = result.Buffer;
        input.AdvanceTo(bytes.Start, bytes.End);
        var reading = input.ReadAsync(Cancellation).AsTask();
        await pair.Here.DisposeAsync();
        result = await reading.WaitAsync(Waiting.Long, Cancellation);
        Assert.Equal([7], result.Buffer.ToArray());
    }

    [Fact]
    public async Task WhoDoesNotRead_HoldsNeitherAFlushNorAThread()
    {
        await using var pair = await PairAsync();
        var output = pair.Here.Transport.Output;
        ValueTask<FlushResult> flush;
        do
            flush = output.WriteAsync(new byte[1 << 20], Cancellation);
        while (flush.IsCompletedSuccessfully);
        output.CancelPendingFlush();
        Assert.True((await flush.AsTask().WaitAsync(Waiting.Long, Cancellation)).IsCanceled);
        // As Orleans does, with what could not be sent still in it.
        output.Complete();
        await ClosedAsync(pair.Here);
    }

    /// <summary>After 40 s without the network clients reached no silo for 16 s more: TCP tries again at intervals that grow.</summary>
    [Fact]
    public async Task AConnection_WhoseDataStaysUnacknowledged_Ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux closes a connection whose data stays unacknowledged");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        SocketTransport transport = new(Options.Create(new SocketConnectionOptions()), TimeProvider.System) { UserTimeout = TimeSpan.FromMilliseconds(200) };
        await using var connection = await transport.ConnectAsync(listener.LocalEndPoint!, Cancellation);
        using var silent = await listener.AcceptAsync(Cancellation);
        var reading = connection.Transport.Input.ReadAsync(Cancellation).AsTask();
        FlushResult result;
        do
            result = await connection.Transport.Output.WriteAsync(new byte[1 << 20], Cancellation).AsTask().WaitAsync(Waiting.Long, Cancellation);
        while (!result.IsCompleted);
        Assert.True((await reading.WaitAsync(Waiting.Long, Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task ARead_CanBeCancelled_AndGoesOn()
    {
        await using var pair = await PairAsync();
        var reading = pair.There.Transport.Input.ReadAsync(Cancellation).AsTask();
        pair.There.Transport.Input.CancelPendingRead();
        Assert.True((await reading.WaitAsync(Waiting.Long, Cancellation)).IsCanceled);
        await pair.Here.Transport.Output.WriteAsync(new byte[] { 7 }, Cancellation);
        Assert.Equal([7], await ReadAsync(pair.There, 1));
    }

    [Fact]
    public async Task WhereNobodyListens_TheFailureIsOrleansOwn()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var failure = await Assert.ThrowsAsync<SocketConnectionException>(() => _transport.ConnectAsync(socket.LocalEndPoint!, Cancellation).AsTask());
        Assert.Contains("ConnectionRefused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APortThatIsTaken_IsToldAsSuch()
    {
        await using var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        await Assert.ThrowsAsync<AddressInUseException>(() => _transport.BindAsync(listener.EndPoint, Cancellation).AsTask());
    }

    [Fact]
    public async Task APortThatIsClosed_HasNoNextConnection()
    {
        var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        var next = listener.AcceptAsync(Cancellation).AsTask();
        await listener.UnbindAsync(Cancellation);
        Assert.Null(await next.WaitAsync(Waiting.Long, Cancellation));
    }

    private static Task ClosedAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(closed.SetResult);
        return closed.Task.WaitAsync(Waiting.Long, Cancellation);
    }

    private static async Task<byte[]> ReadAsync(ConnectionContext connection, int count)
    {
        var result = await connection.Transport.Input.ReadAtLeastAsync(count, Cancellation).AsTask().WaitAsync(Waiting.Long, Cancellation);
        var bytes = result.Buffer.ToArray();
        connection.Transport.Input.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    private async Task<Pair> PairAsync()
    {
        await using var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        var accepting = listener.AcceptAsync(Cancellation).AsTask();
        var here = await _transport.ConnectAsync(listener.EndPoint, Cancellation);
        return new Pair(here, (await accepting.WaitAsync(Waiting.Long, Cancellation))!);
    }

    private sealed record Pair(ConnectionContext Here, ConnectionContext There) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Here.DisposeAsync();
            await There.DisposeAsync();
        }
    }
}
