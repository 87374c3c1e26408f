using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers a request of many records with their results, in the order of the records.</summary>
internal sealed class BatchAnswer(EnqueuedBatch? batch, IReadOnlyList<RecordError> errors, ContentKind kind, bool isTold)
{
    /// <summary>Answers up to this size in bytes are sent with a Content-Length; larger ones in parts of this size.</summary>
    internal const int PartBytes = 256 << 10;

    private readonly bool _isLines = kind is ContentKind.Lines or ContentKind.Base64Lines;
    private int _position; // of the next result in the answer
    private int _error;    // of the next error in errors

    private int Count => (batch?.Count ?? 0) + errors.Count;

    public async Task WriteAsync(HttpContext context, int statusCode)
    {
        var type = _isLines ? ContentType.Lines : ContentType.Json;
        using var answer = new AnswerBuffer(Math.Clamp(Count * ResultWriter.UsualBytes, 512, PartBytes));
        if (!_isLines)
            answer.Write("["u8);
        while (WritePart(answer, PartBytes))
        {
            if (!context.Response.HasStarted)
                AnswerBuffer.Begin(context.Response, statusCode, type);
            await answer.FlushAsync(context.Response);
        }
        if (!_isLines)
            answer.Write("]"u8);
        if (context.Response.HasStarted)
            await answer.FlushAsync(context.Response);
        else
            await answer.SendAsync(context.Response, statusCode, type);
    }

    /// <summary>Writes results until the part has so many bytes (true) or no result is left (false).</summary>
    public bool WritePart(AnswerBuffer answer, int bytes)
    {
        var results = batch is null ? [] : batch.Results;
        while (_position < Count)
        {
            if (answer.Length >= bytes)
                return true;
            if (_position > 0 && !_isLines)
                answer.Write(","u8);
            if (_error < errors.Count && errors[_error].Position == _position)
                ResultWriter.Write(answer, errors[_error++]);
            else
                ResultWriter.Write(answer, results[_position - _error], isTold);
            if (_isLines)
                answer.Write("\n"u8);
            _position++;
        }
        return false;
    }
}
