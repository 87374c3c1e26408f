using System.Buffers;
using System.IO.Pipelines;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Looks at how a connection begins. Nothing is consumed: whoever comes next reads the same bytes again.</summary>
internal static class ConnectionPeek
{
    /// <summary>Waits until the first bytes tell whether a connection begins so; one that ends, or is not waited for any more, begins otherwise.</summary>
    /// <param name="judge">Judges the bytes that have come; null while there are too few to tell.</param>
    public static async ValueTask<bool> BeginsAsync(PipeReader input, Func<ReadOnlySequence<byte>, bool?> judge, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(cancellationToken);
                var begins = judge(read.Buffer);
                // A beginning too short to tell is examined, so that more is awaited.
                var wait = begins is null && !read.IsCompleted;
                input.AdvanceTo(read.Buffer.Start, wait ? read.Buffer.End : read.Buffer.Start);
                if (!wait) return begins == true;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return false; // A probe of the port: it was closed, or reset, without a byte.
        }
    }
}
