using System.Net.Sockets;
using System.Text;

namespace Orleans.Kpl.Http.Tests;

public sealed class HangUpTests : HttpServerTest
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Theory]
    [InlineData("/events/confirmed", Event)]
    [InlineData("/streams/s/records", "[" + Event + "]")]
    public async Task HangUp_WhileTheRecordsWaitForRoom_CancelsThemAndFreesTheBody(string path, string body)
    {
        Server.Producer.Room = new TaskCompletionSource().Task; // there will never be room
        await PostAndHangUpAsync(Server, path, body);
        await Server.ClientGone;

        Server.Gate.Close();
        await Server.Gate.Empty;
        Assert.Empty(Server.Producer.Records);
        Assert.Equal(0, Server.Bodies.Bytes);
        Assert.Empty(Server.Logs.Errors);
    }

    [Theory]
    [InlineData("/events/confirmed", Event)]
    [InlineData("/streams/s/records", "[" + Event + "]")]
    public async Task HangUp_AfterTheRecordsWereAccepted_DoesNotCancelThem(string path, string body)
    {
        var delivery = new TaskCompletionSource();
        Server.Producer.Released = delivery.Task;
        await PostAndHangUpAsync(Server, path, body);
        await Server.ClientGone;
        Assert.Equal(1, Server.Gate.InFlight);

        delivery.SetResult();
        Server.Gate.Close();
        await Server.Gate.Empty;
        Assert.Equal("1", Assert.Single(Server.Producer.Records).Data);
        Assert.Empty(Server.Logs.Errors);
    }

    [Fact]
    public async Task HangUp_InTheMiddleOfTheBody_PutsNothing()
    {
        using (var socket = await ConnectAsync(Server))
        {
            await SendAsync(socket, $"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Event.Length + 1}\r\nExpect: 100-continue\r\n\r\n");
            var continued = new byte[64];
            Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(continued, 0, await socket.ReceiveAsync(continued)), StringComparison.Ordinal);
            await SendAsync(socket, Event);
            Assert.Equal(1, Server.Gate.InFlight);
            socket.LingerState = new LingerOption(true, 0);
        }
        Server.Gate.Close();
        await Server.Gate.Empty;
        Assert.Equal(0, Server.Producer.Calls);
        await Server.StopAsync();
        Assert.Empty(Server.Logs.Errors);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked", "zz\r\n")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nabcdefgh\r\n")]
    [InlineData("Transfer-Encoding: chunked", "fffffffffff\r\n")] // the server throws something else for these two: they were a 500
    [InlineData("Transfer-Encoding: chunked", "0\r\nTrailer: \u00ff\r\n\r\n")]
    public async Task BrokenFraming_Answers400(string header, string body)
    {
        using var socket = await ConnectAsync(Server);
        await SendAsync(socket, $"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{header}\r\n\r\n{body}");
        // The server closes behind its answer, which may come in parts.
        using var answer = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        var text = await answer.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
        Assert.Contains("\"error_code\":\"BadRequest\"", text, StringComparison.Ordinal);
    }

    /// <summary>Sends a whole request, and resets the connection when the producer has it.</summary>
    private static async Task PostAndHangUpAsync(HttpServer server, string path, string body)
    {
        using var socket = await ConnectAsync(server);
        await SendAsync(socket, $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        await server.Producer.ArrivalAsync();
        socket.LingerState = new LingerOption(true, 0); // closing resets the connection
    }

    private static async Task<Socket> ConnectAsync(HttpServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text));
}
