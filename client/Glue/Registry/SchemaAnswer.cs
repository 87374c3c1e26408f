namespace Orleans.Kpl.Glue.Registry;

/// <summary>How one look-up ended. A task of it never faults, so that none is left unobserved.</summary>
/// <param name="Value">What was found; without meaning beside an error.</param>
/// <param name="Error">Why nothing was found; null after a success.</param>
internal readonly record struct SchemaAnswer<T>(T? Value, Exception? Error)
{
    /// <exception cref="GlueSchemaException">Nothing was found.</exception>
    public T GetOrThrow() => Error is null ? Value! : throw SchemaErrors.Again(Error);
}

/// <summary>Brings the errors of a look-up to all who wait for it.</summary>
internal static class SchemaErrors
{
    /// <summary>Waits for a look-up, and returns what it found or its error.</summary>
    /// <param name="closing">Is cancelled when the registry is disposed.</param>
    public static async Task<SchemaAnswer<T>> CatchAsync<T>(Func<Task<T>> lookUp, CancellationToken closing)
    {
        try
        {
            return new(await lookUp().ConfigureAwait(false), null);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            return new(default, new ObjectDisposedException(nameof(GlueSchemaRegistry)));
        }
        catch (Exception error)
        {
            return new(default, error);
        }
    }

    /// <summary>An exception of its own for each who waited: a thrown one carries the way to one of them.</summary>
    public static Exception Again(Exception error) => error switch
    {
        GlueSchemaException refusal => new GlueSchemaException(refusal.Code, refusal.Message, refusal.InnerException),
        ObjectDisposedException => new ObjectDisposedException(nameof(GlueSchemaRegistry)),
        _ => error,
    };
}
