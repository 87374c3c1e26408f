using System.Net.Sockets;
using System.Text;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>A connection to the front, whose bytes a test sends itself.</summary>
internal static class FrontSocket
{
    public static async Task<Socket> ConnectAsync(KinesisFrontServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port);
        return socket;
    }

    public static async Task SendAsync(this Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Returns an answer, which ends with its object.</summary>
    public static async Task<string> AnswerAsync(this Socket socket)
    {
        var text = "";
        var buffer = new byte[4_096];
        while (!text.EndsWith('}') && await socket.ReceiveAsync(buffer) is var count and > 0)
            text += Encoding.ASCII.GetString(buffer, 0, count);
        return text;
    }
}
