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

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task HangUp_InTheMiddleOfTheBody_PutsNothing(string encoding)
    {
        var body = encoding.Length == 0 ? Encoding.UTF8.GetBytes(Event) : Compressed.With(encoding, Event);
        var headers = encoding.Length == 0 ? "" : $"Content-Encoding: {encoding}\r\n";
        using var socket = await PlainSocket.AnnounceAsync(Server.Address, "/events", body.Length, headers);
        await socket.SendAsync(body.AsMemory(0, body.Length - 1));
        Assert.Equal(1, Server.Gate.InFlight);
        socket.Reset();
        Server.Gate.Close();
        await Server.Gate.Empty;
        Assert.Equal((0, 0L), (Server.Producer.Calls, Server.Bodies.Bytes));
        await Server.StopAsync();
        Assert.Empty(Server.Logs.Errors);
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("5\r\nabcdefgh\r\n")]
    [InlineData("fffffffffff\r\n")] // the server throws something else for these two: they were a 500
    [InlineData("0\r\nTrailer: \u00ff\r\n\r\n")]
    public async Task BrokenFraming_Answers400(string body)
    {
        using var socket = await PlainSocket.ConnectAsync(Server.Address);
        await socket.SendAsync($"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        var text = await socket.AnswerAsync();
        Assert.StartsWith("HTTP/1.1 400", text, StringComparison.Ordinal);
        Assert.Contains("\"error_code\":\"BadRequest\"", text, StringComparison.Ordinal);
    }

    /// <summary>Sends a whole request, and resets the connection when the producer has it.</summary>
    private static async Task PostAndHangUpAsync(HttpServer server, string path, string body)
    {
        using var socket = await PlainSocket.PostAsync(server.Address, path, body.Length);
        await socket.SendAsync(body);
        await server.Producer.ArrivalAsync();
        socket.Reset();
    }
}
