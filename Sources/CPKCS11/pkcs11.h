// What PKCS #11 (OASIS, Cryptographic Token Interface Base Specification 2.40) calls Cryptoki, as far as it is used here, written from the
// standard. Functions that nobody calls are pointers without a type: only their places in the list count. Structures have the alignment of
// the machine, as on every system but Windows.
#ifndef TUTTI_PKCS11_H
#define TUTTI_PKCS11_H

typedef unsigned char CK_BYTE;
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;
typedef void *CK_UNUSED;

typedef struct { CK_BYTE major, minor; } CK_VERSION;

typedef struct {
    CK_VERSION cryptokiVersion;
    CK_BYTE manufacturerID[32];
    CK_ULONG flags;
    CK_BYTE libraryDescription[32];
    CK_VERSION libraryVersion;
} CK_INFO;

typedef struct {
    CK_BYTE slotDescription[64];
    CK_BYTE manufacturerID[32];
    CK_ULONG flags;
    CK_VERSION hardwareVersion, firmwareVersion;
} CK_SLOT_INFO;

typedef struct {
    CK_BYTE label[32];
    CK_BYTE manufacturerID[32];
    CK_BYTE model[16];
    CK_BYTE serialNumber[16];
    CK_ULONG flags;
    CK_ULONG ulMaxSessionCount, ulSessionCount, ulMaxRwSessionCount, ulRwSessionCount, ulMaxPinLen, ulMinPinLen;
    CK_ULONG ulTotalPublicMemory, ulFreePublicMemory, ulTotalPrivateMemory, ulFreePrivateMemory;
    CK_VERSION hardwareVersion, firmwareVersion;
    CK_BYTE utcTime[16];
} CK_TOKEN_INFO;

typedef struct { CK_ULONG ulMinKeySize, ulMaxKeySize, flags; } CK_MECHANISM_INFO;
typedef struct { CK_ULONG type; void *pValue; CK_ULONG ulValueLen; } CK_ATTRIBUTE;
typedef struct { CK_ULONG mechanism; void *pParameter; CK_ULONG ulParameterLen; } CK_MECHANISM;

// With ulIvBits, as the header of 2.40 and every later one has it, and the text of 2.40 has not.
typedef struct {
    CK_BYTE *pIv;
    CK_ULONG ulIvLen, ulIvBits;
    CK_BYTE *pAAD;
    CK_ULONG ulAADLen, ulTagBits;
} CK_GCM_PARAMS;

typedef struct {
    void *CreateMutex, *DestroyMutex, *LockMutex, *UnlockMutex;
    CK_ULONG flags;
    void *pReserved;
} CK_C_INITIALIZE_ARGS;

typedef struct CK_FUNCTION_LIST {
    CK_VERSION version;
    CK_RV (*C_Initialize)(CK_C_INITIALIZE_ARGS *);
    CK_UNUSED C_Finalize;
    CK_RV (*C_GetInfo)(CK_INFO *);
    CK_UNUSED C_GetFunctionList;
    CK_RV (*C_GetSlotList)(CK_BYTE tokenPresent, CK_ULONG *slots, CK_ULONG *count);
    CK_RV (*C_GetSlotInfo)(CK_ULONG slot, CK_SLOT_INFO *);
    CK_RV (*C_GetTokenInfo)(CK_ULONG slot, CK_TOKEN_INFO *);
    CK_UNUSED C_GetMechanismList;
    CK_RV (*C_GetMechanismInfo)(CK_ULONG slot, CK_ULONG mechanism, CK_MECHANISM_INFO *);
    CK_UNUSED C_InitToken, C_InitPIN, C_SetPIN;
    CK_RV (*C_OpenSession)(CK_ULONG slot, CK_ULONG flags, void *application, void *notify, CK_ULONG *session);
    CK_RV (*C_CloseSession)(CK_ULONG session);
    CK_RV (*C_CloseAllSessions)(CK_ULONG slot);
    CK_UNUSED C_GetSessionInfo, C_GetOperationState, C_SetOperationState;
    CK_RV (*C_Login)(CK_ULONG session, CK_ULONG user, const CK_BYTE *pin, CK_ULONG count);
    CK_RV (*C_Logout)(CK_ULONG session);
    CK_UNUSED C_CreateObject, C_CopyObject;
    CK_RV (*C_DestroyObject)(CK_ULONG session, CK_ULONG object);
    CK_UNUSED C_GetObjectSize;
    CK_RV (*C_GetAttributeValue)(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *, CK_ULONG count);
    CK_UNUSED C_SetAttributeValue;
    CK_RV (*C_FindObjectsInit)(CK_ULONG session, CK_ATTRIBUTE *, CK_ULONG count);
    CK_RV (*C_FindObjects)(CK_ULONG session, CK_ULONG *objects, CK_ULONG most, CK_ULONG *count);
    CK_RV (*C_FindObjectsFinal)(CK_ULONG session);
    CK_RV (*C_EncryptInit)(CK_ULONG session, CK_MECHANISM *, CK_ULONG key);
    CK_RV (*C_Encrypt)(CK_ULONG session, CK_BYTE *data, CK_ULONG count, CK_BYTE *out, CK_ULONG *outCount);
    CK_UNUSED C_EncryptUpdate, C_EncryptFinal;
    CK_RV (*C_DecryptInit)(CK_ULONG session, CK_MECHANISM *, CK_ULONG key);
    CK_RV (*C_Decrypt)(CK_ULONG session, CK_BYTE *data, CK_ULONG count, CK_BYTE *out, CK_ULONG *outCount);
    CK_UNUSED C_DecryptUpdate, C_DecryptFinal;
    CK_UNUSED C_DigestInit, C_Digest, C_DigestUpdate, C_DigestKey, C_DigestFinal;
    CK_UNUSED C_SignInit, C_Sign, C_SignUpdate, C_SignFinal, C_SignRecoverInit, C_SignRecover;
    CK_UNUSED C_VerifyInit, C_Verify, C_VerifyUpdate, C_VerifyFinal, C_VerifyRecoverInit, C_VerifyRecover;
    CK_UNUSED C_DigestEncryptUpdate, C_DecryptDigestUpdate, C_SignEncryptUpdate, C_DecryptVerifyUpdate;
    CK_RV (*C_GenerateKey)(CK_ULONG session, CK_MECHANISM *, CK_ATTRIBUTE *, CK_ULONG count, CK_ULONG *key);
    CK_UNUSED C_GenerateKeyPair, C_WrapKey, C_UnwrapKey, C_DeriveKey, C_SeedRandom, C_GenerateRandom;
    CK_UNUSED C_GetFunctionStatus, C_CancelFunction, C_WaitForSlotEvent;
} CK_FUNCTION_LIST;

typedef CK_RV (*CK_C_GetFunctionList)(CK_FUNCTION_LIST **);

#define CKF_OS_LOCKING_OK 0x00000002UL
#define CKF_HW_SLOT 0x00000004UL
#define CKF_TOKEN_INITIALIZED 0x00000400UL
#define CKF_USER_PIN_LOCKED 0x00040000UL
#define CKF_RW_SESSION 0x00000002UL
#define CKF_SERIAL_SESSION 0x00000004UL
#define CKF_ENCRYPT 0x00000100UL
#define CKF_DECRYPT 0x00000200UL
#define CKU_USER 1UL
#define CKO_SECRET_KEY 0x00000004UL
#define CKK_AES 0x0000001FUL
#define CKM_AES_KEY_GEN 0x00001080UL
#define CKM_AES_GCM 0x00001087UL
#define CKA_CLASS 0x00000000UL
#define CKA_TOKEN 0x00000001UL
#define CKA_PRIVATE 0x00000002UL
#define CKA_LABEL 0x00000003UL
#define CKA_KEY_TYPE 0x00000100UL
#define CKA_ID 0x00000102UL
#define CKA_SENSITIVE 0x00000103UL
#define CKA_ENCRYPT 0x00000104UL
#define CKA_DECRYPT 0x00000105UL
#define CKA_VALUE_LEN 0x00000161UL
#define CKA_EXTRACTABLE 0x00000162UL
#define CKA_NEVER_EXTRACTABLE 0x00000164UL

#endif
