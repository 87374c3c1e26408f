using System.IO.Pipelines;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Reads what the server has of a body. For a chunk whose size is beyond all bounds, and for a trailer that is no text, Kestrel throws no exception of a
/// bad request but one of a defect. So it does for a client that gives up over HTTP/2. Here it is the answer 400, and the body one that did not come.
/// </summary>
internal static class BrokenBody
{
    /// <exception cref="BadHttpRequestException">The framing of the body is broken.</exception>
    public static bool TryRead(PipeReader reader, out ReadResult read)
    {
        try
        {
            return reader.TryRead(out read);
        }
        catch (Exception error) when (Is(error))
        {
            throw Refuse();
        }
    }

    /// <exception cref="BadHttpRequestException">The framing of the body is broken.</exception>
    public static async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (Exception error) when (Is(error))
        {
            throw Refuse();
        }
    }

    /// <summary>Gives back what was read.</summary>
    /// <exception cref="BadHttpRequestException">The client gave up meanwhile.</exception>
    public static void Advance(PipeReader reader, SequencePosition consumed)
    {
        try
        {
            reader.AdvanceTo(consumed);
        }
        catch (Exception error) when (Is(error))
        {
            throw Refuse();
        }
    }

    // The exceptions of bad requests and of clients that went away are derived from IOException.
    private static bool Is(Exception error) =>
        error.GetType() == typeof(IOException) || error is InvalidOperationException and not ObjectDisposedException;

    private static BadHttpRequestException Refuse() => new("the framing of the body is broken", StatusCodes.Status400BadRequest);
}
