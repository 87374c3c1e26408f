namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>A sink that wants to know how many of its records other processes send.</summary>
internal interface ISentElsewhere
{
    /// <summary>Notes that another process sends so many of the records.</summary>
    void SentElsewhere(int count);
}
