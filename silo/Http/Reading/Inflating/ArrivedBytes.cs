using System.Buffers;
using System.IO.Pipelines;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>The bytes of a body as they arrive, and behind its end those that <paramref name="ending"/> has.</summary>
/// <param name="limit">The longest body in bytes; <see cref="long.MaxValue"/> for none.</param>
/// <param name="ending">What follows the last byte of the body.</param>
internal sealed class ArrivedBytes(PipeReader reader, long limit, ReadOnlyMemory<byte> ending) : SequentialStream
{
    private ReadOnlyMemory<byte> _ending = ending;
    private bool _hasEnded;

    /// <summary>The bytes of the body that have been read.</summary>
    public long Count { get; private set; }

    /// <summary>Reads what has come, or waits for the next bytes; 0 behind the end.</summary>
    /// <exception cref="RequestRefusedException">The body is longer than the limit.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_hasEnded)
        {
            if (!BrokenBody.TryRead(reader, out var read))
                read = await BrokenBody.ReadAsync(reader, cancellationToken);
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
            var count = (int)part.Length;
            part.CopyTo(buffer.Span);
            _hasEnded = read.IsCompleted && count == read.Buffer.Length;
            BrokenBody.Advance(reader, part.End);
            Count += count;
            if (Count > limit)
                throw ReceivedBody.TooLarge(limit);
            if (count > 0)
                return count;
        }

        var rest = Math.Min(_ending.Length, buffer.Length);
        _ending[..rest].CopyTo(buffer);
        _ending = _ending[rest..];
        return rest;
    }
}
