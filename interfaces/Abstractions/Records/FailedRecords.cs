namespace Orleans.Kpl;

/// <summary>
/// Records that failed together: their bytes once, and each is copied out only when somebody asks for it. A full buffer may expire at
/// one instant, and a second copy of all of it would be twice the memory that was allowed.
/// </summary>
internal abstract class FailedRecords
{
    /// <summary>The record at that place; null when all results were let go of.</summary>
    public abstract UserRecord? Read(int place);

    /// <summary>One result will not be read any more; after the last one the memory is used for something else.</summary>
    public abstract void LetGo();
}
