using System.Net.Sockets;
using System.Text;

namespace Orleans.Kpl.Testing;

/// <summary>A connection whose bytes a test sends itself, in HTTP/1.1.</summary>
internal static class PlainSocket
{
    public static async Task<Socket> ConnectAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Connects, and sends the head of a request with a body.</summary>
    /// <param name="headers">Further headers, each with its line end.</param>
    public static async Task<Socket> PostAsync(Uri server, string path, int bodyLength, string headers = "", string type = "application/json")
    {
        var socket = await ConnectAsync(server);
        await socket.SendAsync($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {type}\r\nContent-Length: {bodyLength}\r\n{headers}\r\n");
        return socket;
    }

    /// <summary>The same, and is told by the server that it waits for the body.</summary>
    public static async Task<Socket> AnnounceAsync(Uri server, string path, int bodyLength, string headers = "", string type = "application/json")
    {
        var socket = await PostAsync(server, path, bodyLength, headers + "Expect: 100-continue\r\n", type);
        var continued = new byte[64];
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(continued, 0, await socket.ReceiveAsync(continued)), StringComparison.Ordinal);
        return socket;
    }

    /// <summary>Sends a text, a byte for each character.</summary>
    public static async Task SendAsync(this Socket socket, string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Returns an answer, which ends with its object, or what came of it before the connection ended.</summary>
    public static async Task<string> AnswerAsync(this Socket socket)
    {
        var text = "";
        var buffer = new byte[4_096];
        while (!text.EndsWith('}') && await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is var count and > 0)
            text += Encoding.ASCII.GetString(buffer, 0, count);
        return text;
    }

    /// <summary>Hangs up: the connection is reset.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
