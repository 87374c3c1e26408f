using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Streaming;

/// <summary>Lines that were taken or refused together.</summary>
/// <param name="Batch">The records that were accepted; null for none.</param>
/// <param name="Errors">The lines that were not, by their position.</param>
internal sealed record StreamedWindow(EnqueuedBatch? Batch, IReadOnlyList<RecordError> Errors)
{
    /// <summary>A window of which no line was taken.</summary>
    /// <param name="records">Its lines.</param>
    /// <param name="code">The error code of those that are valid.</param>
    /// <param name="message">The description of that error.</param>
    public static StreamedWindow Refuse(RecordBuffer records, string code, string message)
    {
        var errors = new RecordError[records.Count];
        for (var i = 0; i < errors.Length; i++)
            errors[i] = new RecordError(i, code, message);
        foreach (var invalid in records.Errors)
            errors[invalid.Position] = invalid;
        return new StreamedWindow(null, errors);
    }
}
