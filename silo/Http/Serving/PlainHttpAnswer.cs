using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Tells who speaks plain HTTP to a port of HTTPS what is wrong, instead of hanging up on him: browsers, curl and SDKs show nothing of a handshake that
/// failed.
/// </summary>
internal static class PlainHttpAnswer
{
    private const string Sentence = "this port speaks HTTPS: its address begins with https:// and not with http://";

    /// <summary>How much of a request is read, so that the answer is not cut off while it is still being sent.</summary>
    private const int MostRead = 1 << 20;

    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(2);

    // AWS's SDKs read __type and message.
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        $$"""{"error_code":"{{HttpErrorCodes.BadRequest}}","error_message":"{{Sentence}}","__type":"BadRequestException","message":"{{Sentence}}"}""" + "\n");

    private static readonly byte[] Answer =
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n"), .. Body,
    ];

    /// <summary>Looks at the first byte of each connection, before TLS does. No handshake begins with a letter, and each method of HTTP does.</summary>
    /// <param name="limit">How long the first byte may take.</param>
    public static void Use(ListenOptions listener, TimeSpan limit)
    {
        var time = listener.ApplicationServices.GetRequiredService<TimeProvider>();
        listener.Use(next => async connection =>
        {
            var input = connection.Transport.Input;
            using var over = new CancellationTokenSource(limit, time);
            if (await ReadAsync(input, over.Token) is not { } first)
                return;
            var isPlain = !first.Buffer.IsEmpty && char.IsAsciiLetterUpper((char)first.Buffer.FirstSpan[0]);
            // Nothing is taken: TLS reads it again.
            input.AdvanceTo(first.Buffer.Start);
            if (isPlain)
                await RefuseAsync(connection, time);
            else
                await next(connection);
        });
    }

    private static async Task RefuseAsync(ConnectionContext connection, TimeProvider time)
    {
        await connection.Transport.Output.WriteAsync(Answer);
        // A connection that is closed with bytes unread may lose what was written last.
        using var over = new CancellationTokenSource(ReadLimit, time);
        var read = 0L;
        while (read < MostRead && await ReadAsync(connection.Transport.Input, over.Token) is { } more)
        {
            read += more.Buffer.Length;
            connection.Transport.Input.AdvanceTo(more.Buffer.End);
            if (more.IsCompleted)
                return;
        }
    }

    /// <summary>Reads more; null where the time is up or the client is gone.</summary>
    private static async Task<ReadResult?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            return await input.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionResetException or ConnectionAbortedException)
        {
            return null;
        }
    }
}
