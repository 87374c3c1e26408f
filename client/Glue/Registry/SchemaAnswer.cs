namespace Orleans.Kpl.Glue.Registry;

/// <summary>How one look-up ended. A task of it never faults, so that none is left unobserved.</summary>
/// <param name="Id">The version; null where there is none.</param>
/// <param name="Error">Why there is none.</param>
internal readonly record struct SchemaAnswer(Guid? Id, Exception? Error)
{
    /// <exception cref="GlueSchemaException">There is none.</exception>
    public Guid GetOrThrow() => Id ?? throw Again(Error!);

    /// <summary>An exception of its own for each who waited: a thrown one carries the way to one of them.</summary>
    public static Exception Again(Exception error) => error switch
    {
        GlueSchemaException refusal => new GlueSchemaException(refusal.Code, refusal.Message, refusal),
        ObjectDisposedException => new ObjectDisposedException(nameof(GlueSchemaRegistry)),
        _ => error,
    };
}
