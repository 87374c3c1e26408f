namespace Orleans.Kpl;

/// <summary>
/// Holds the bytes of records that failed together; a record is copied out only on request. A full buffer may expire at one instant,
/// and copying all of it would need twice the allowed memory.
/// </summary>
internal abstract class FailedRecords
{
    /// <summary>Copies the record at a position; null when all results were released.</summary>
    public abstract UserRecord? Read(int place);

    /// <summary>Releases one result, which must not be read again. After the last one the memory is reused.</summary>
    public abstract void LetGo();
}
